/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM page_bulk

#if !defined(_TRACE_PAGE_BULK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PAGE_BULK_H

#include <linux/page_bulk.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(PAGE_BULK_SINGLE);
TRACE_DEFINE_ENUM(PAGE_BULK_LIST);
TRACE_DEFINE_ENUM(PAGE_BULK_ARRAY);
TRACE_DEFINE_ENUM(PAGE_BULK_STOCK);
TRACE_DEFINE_ENUM(PAGE_BULK_END_NONE);
TRACE_DEFINE_ENUM(PAGE_BULK_END_ONE_PAGE);
TRACE_DEFINE_ENUM(PAGE_BULK_END_PCP_CONTENDED);
TRACE_DEFINE_ENUM(PAGE_BULK_END_PCP_EMPTY);
TRACE_DEFINE_ENUM(PAGE_BULK_END_WATERMARK);
TRACE_DEFINE_ENUM(PAGE_BULK_END_NO_BLOCK);
TRACE_DEFINE_ENUM(PAGE_BULK_END_MEMCG_LIMIT);
TRACE_DEFINE_ENUM(PAGE_BULK_END_NO_RECLAIM);
TRACE_DEFINE_ENUM(PAGE_BULK_END_OOM);
TRACE_DEFINE_ENUM(PAGE_BULK_END_INJECTED);

#define show_page_bulk_mode(mode)					\
	__print_symbolic(mode,						\
		{ PAGE_BULK_SINGLE,	"single" },			\
		{ PAGE_BULK_LIST,	"list" },			\
		{ PAGE_BULK_ARRAY,	"array" },			\
		{ PAGE_BULK_STOCK,	"stock" })

#define show_page_bulk_reason(reason)					\
	__print_symbolic(reason,					\
		{ PAGE_BULK_END_NONE,		"none" },		\
		{ PAGE_BULK_END_ONE_PAGE,	"one_page" },		\
		{ PAGE_BULK_END_PCP_CONTENDED,	"pcp_contended" },	\
		{ PAGE_BULK_END_PCP_EMPTY,	"pcp_empty" },		\
		{ PAGE_BULK_END_WATERMARK,	"watermark" },		\
		{ PAGE_BULK_END_NO_BLOCK,	"no_block" },		\
		{ PAGE_BULK_END_MEMCG_LIMIT,	"memcg_limit" },	\
		{ PAGE_BULK_END_NO_RECLAIM,	"no_reclaim" },		\
		{ PAGE_BULK_END_OOM,		"oom" },		\
		{ PAGE_BULK_END_INJECTED,	"injected" })

/* A fill that found at least one empty slot has ended. ns: 0 when not timed */
TRACE_EVENT(page_bulk_fill,
	    TP_PROTO(const char *user, enum page_bulk_mode mode,
		     unsigned long generation, int nid, unsigned long asked,
		     unsigned long got, enum page_bulk_reason reason, u64 ns),

	    TP_ARGS(user, mode, generation, nid, asked, got, reason, ns),

	    TP_STRUCT__entry(__string(user, user)
			     __field(int, mode)
			     __field(unsigned long, generation)
			     __field(int, nid)
			     __field(unsigned long, asked)
			     __field(unsigned long, got)
			     __field(int, reason)
			     __field(u64, ns)
	    ),

	    TP_fast_assign(__assign_str(user);
			   __entry->mode = mode;
			   __entry->generation = generation;
			   __entry->nid = nid;
			   __entry->asked = asked;
			   __entry->got = got;
			   __entry->reason = reason;
			   __entry->ns = ns;
	    ),

	    TP_printk("user=%s mode=%s generation=%lu nid=%d asked=%lu got=%lu reason=%s ns=%llu",
		      __get_str(user), show_page_bulk_mode(__entry->mode),
		      __entry->generation, __entry->nid, __entry->asked,
		      __entry->got, show_page_bulk_reason(__entry->reason),
		      __entry->ns)
);

/* The mode of a user has changed; comm and pid of who did it are the event's */
TRACE_EVENT(page_bulk_switch,
	    TP_PROTO(const char *user, enum page_bulk_mode old,
		     enum page_bulk_mode new, unsigned long generation),

	    TP_ARGS(user, old, new, generation),

	    TP_STRUCT__entry(__string(user, user)
			     __array(char, comm, TASK_COMM_LEN)
			     __field(pid_t, pid)
			     __field(int, old)
			     __field(int, new)
			     __field(unsigned long, generation)
	    ),

	    TP_fast_assign(__assign_str(user);
			   memcpy(__entry->comm, current->comm, TASK_COMM_LEN);
			   __entry->pid = current->pid;
			   __entry->old = old;
			   __entry->new = new;
			   __entry->generation = generation;
	    ),

	    TP_printk("user=%s old=%s new=%s generation=%lu comm=%s pid=%d",
		      __get_str(user), show_page_bulk_mode(__entry->old),
		      show_page_bulk_mode(__entry->new), __entry->generation,
		      __entry->comm, __entry->pid)
);

#endif /* _TRACE_PAGE_BULK_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
