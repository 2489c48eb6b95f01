// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stress test: pages are taken on one CPU, and checked and given back on
 * another, in all ways at once.
 *
 * For each CPU a maker takes batches of pages in a random form, order and GFP
 * class, checks that they are as new pages have to be, writes an owner's mark
 * into each, and puts the batch into the ring of the next CPU. There a taker
 * checks the marks and drops the references, in a random way. A timer does
 * both in softirq context, and an irq_work takes and gives back a few pages in
 * hard interrupt context. A holder has a second reference of some pages for a
 * while, and drains the per-CPU lists. CPUs may go offline and come back.
 *
 * Written to debugfs page_bulk/stress: for how many seconds. Read: NAME VALUE
 * lines; the line "errors" must say 0, the others tell what happened.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/prandom.h>
#include <linux/ptr_ring.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include "internal.h"

#define STRESS_PAGES	1024U	/* pages of a batch, and its slots */
#define STRESS_BATCHES	8	/* batches for each CPU */
#define STRESS_HARD	16	/* pages in hard interrupt context */
#define STRESS_HELD	256
#define STRESS_SECONDS	86400U

/* The first word of a page: who owns it, or whose it was last */
#define STRESS_LIVE	(0x11feULL << 48)
#define STRESS_DEAD	(0xdeadULL << 48)
#define STRESS_STATE	(0xffffULL << 48)
#define STRESS_LAST	(PAGE_SIZE / sizeof(u64) - 1)

enum stress_form {
	STRESS_REFILL,
	STRESS_DENSE,
	STRESS_LIST,
	STRESS_ALLOC,
	STRESS_FOLIO,
	STRESS_NR_FORMS
};

/* What happened, in the order in which it is shown */
enum stress_event {
	STRESS_ERRORS,
	STRESS_TOOK,
	STRESS_GAVE,
	STRESS_SHORT,
	STRESS_NONE,
	STRESS_FORM,
	STRESS_ORDER = STRESS_FORM + STRESS_NR_FORMS,
	STRESS_KERNEL = STRESS_ORDER + 4,
	STRESS_ATOMIC,
	STRESS_ZERO,
	STRESS_ACCOUNT,
	STRESS_CHARGED,
	STRESS_NORETRY,
	STRESS_MOVABLE,
	STRESS_RECLAIMABLE,
	STRESS_BY_BULK,
	STRESS_BY_RELEASE,
	STRESS_BY_PUT,
	STRESS_BY_ORDER,
	STRESS_OTHER_CPU,
	STRESS_SOFTIRQ_TOOK,
	STRESS_SOFTIRQ_GAVE,
	STRESS_HARDIRQ,
	STRESS_HOLDS,
	STRESS_LAST_PUT,
	STRESS_DRAINS,
	STRESS_REASON,
	STRESS_NR_EVENTS = STRESS_REASON + PAGE_BULK_NR_REASONS
};

static const char * const stress_names[STRESS_NR_EVENTS] = {
	[STRESS_ERRORS] = "errors",
	[STRESS_TOOK] = "pages_taken",
	[STRESS_GAVE] = "pages_given",
	[STRESS_SHORT] = "fills_short",
	[STRESS_NONE] = "fills_empty",
	[STRESS_FORM + STRESS_REFILL] = "form_refill",
	[STRESS_FORM + STRESS_DENSE] = "form_dense",
	[STRESS_FORM + STRESS_LIST] = "form_list",
	[STRESS_FORM + STRESS_ALLOC] = "form_alloc",
	[STRESS_FORM + STRESS_FOLIO] = "form_folio",
	[STRESS_ORDER] = "order_0",
	[STRESS_ORDER + 1] = "order_1",
	[STRESS_ORDER + 2] = "order_2",
	[STRESS_ORDER + 3] = "order_3",
	[STRESS_KERNEL] = "gfp_kernel",
	[STRESS_ATOMIC] = "gfp_atomic",
	[STRESS_ZERO] = "gfp_zero",
	[STRESS_ACCOUNT] = "gfp_account",
	[STRESS_CHARGED] = "pages_charged",
	[STRESS_NORETRY] = "gfp_noretry",
	[STRESS_MOVABLE] = "gfp_movable",
	[STRESS_RECLAIMABLE] = "gfp_reclaimable",
	[STRESS_BY_BULK] = "free_bulk",
	[STRESS_BY_RELEASE] = "free_release",
	[STRESS_BY_PUT] = "free_put",
	[STRESS_BY_ORDER] = "free_order",
	[STRESS_OTHER_CPU] = "free_other_cpu",
	[STRESS_SOFTIRQ_TOOK] = "softirq_fills",
	[STRESS_SOFTIRQ_GAVE] = "softirq_frees",
	[STRESS_HARDIRQ] = "hardirq_fills",
	[STRESS_HOLDS] = "held",
	[STRESS_LAST_PUT] = "held_last",
	[STRESS_DRAINS] = "drains",
	[STRESS_REASON + PAGE_BULK_END_NONE] = "end_none",
	[STRESS_REASON + PAGE_BULK_END_ONE_PAGE] = "end_one_page",
	[STRESS_REASON + PAGE_BULK_END_PCP_CONTENDED] = "end_pcp_contended",
	[STRESS_REASON + PAGE_BULK_END_PCP_EMPTY] = "end_pcp_empty",
	[STRESS_REASON + PAGE_BULK_END_WATERMARK] = "end_watermark",
	[STRESS_REASON + PAGE_BULK_END_NO_BLOCK] = "end_no_block",
	[STRESS_REASON + PAGE_BULK_END_MEMCG_LIMIT] = "end_memcg_limit",
	[STRESS_REASON + PAGE_BULK_END_NO_RECLAIM] = "end_no_reclaim",
	[STRESS_REASON + PAGE_BULK_END_OOM] = "end_oom",
	[STRESS_REASON + PAGE_BULK_END_INJECTED] = "end_injected",
};

/**
 * struct stress_batch - pages on their way
 * @owner: the mark in each page, without its state
 * @cpu: where they were taken
 * @order: order of each block
 * @nr: number of blocks
 * @comp: whether they are compound pages, or single ones
 * @filled: slots of a refill that were not empty
 * @pages: the blocks
 */
struct stress_batch {
	u64 owner;
	int cpu;
	unsigned int order;
	unsigned int nr;
	bool comp;
	DECLARE_BITMAP(filled, STRESS_PAGES);
	struct page *pages[STRESS_PAGES];
};

/**
 * struct stress_cpu - the parties of one CPU
 * @cpu: its number
 * @ring: full batches that are to be given back here
 * @maker: takes pages
 * @taker: gives pages back
 * @timer: does both in softirq context
 * @rnd: the timer's and the irq_work's random numbers
 * @work: takes and gives back in hard interrupt context
 * @hard: the irq_work's pages
 */
struct stress_cpu {
	int cpu;
	struct ptr_ring ring;
	struct task_struct *maker;
	struct task_struct *taker;
	struct timer_list timer;
	struct rnd_state rnd;
	struct irq_work work;
	struct page *hard[STRESS_HARD];
};

struct stress_held {
	struct page *page;
	u64 owner;
};

static DEFINE_MUTEX(stress_running);
static atomic_long_t stress_counts[STRESS_NR_EVENTS];
static atomic64_t stress_owners;
static struct mem_cgroup *stress_memcg;
static struct ptr_ring stress_spare;	/* empty batches */
static struct stress_cpu *stress_cpus;
static int stress_nr_cpus;

/* Protects stress_held */
static DEFINE_SPINLOCK(stress_held_lock);
static struct stress_held stress_held[STRESS_HELD];

static void stress_count(enum stress_event event, unsigned long nr)
{
	atomic_long_add(nr, &stress_counts[event]);
}

static unsigned int stress_below(struct rnd_state *rnd, unsigned int n)
{
	return prandom_u32_state(rnd) % n;
}

static void stress_error(struct page *page, u64 owner, const char *what)
{
	bool first = atomic_long_inc_return(&stress_counts[STRESS_ERRORS]) == 1;

	pr_err_ratelimited("page_bulk_stress: pfn %lx of %llx: %s\n",
			   page ? page_to_pfn(page) : 0, owner, what);
	if (first && page)
		dump_page(page, what);
}

/* Others may look at a page for a moment, through a stale pointer */
static bool stress_refs(struct page *page, int refs)
{
	unsigned int i;

	for (i = 0; i < 1000000; i++) {
		if (likely(page_ref_count(page) == refs))
			return true;
		cpu_relax();
	}
	return false;
}

/* Is the block as a new one has to be? Then it gets its owner's marks. */
static void stress_check_new(struct stress_batch *b, struct page *page,
			     gfp_t gfp)
{
	unsigned int i;

	if (!stress_refs(page, 1))
		stress_error(page, b->owner, "a new page has not one reference");
	if (page->lru.next)
		stress_error(page, b->owner, "a new page is on a list, or pfmemalloc");
	if (page_private(page) || page->mapping)
		stress_error(page, b->owner, "a new page has private data or a mapping");
	if (PageBuddy(page) || PageLRU(page) || PageLocked(page))
		stress_error(page, b->owner, "a new page has flags of another's");
	if (b->order && b->comp != PageCompound(page))
		stress_error(page, b->owner, "a new block is not as compound as asked for");
	if (b->comp && compound_order(page) != b->order)
		stress_error(page, b->owner, "a new block is of another order");
#ifdef CONFIG_MEMCG
	if (page->memcg_data) {
		stress_count(STRESS_CHARGED, 1);
		if (!(gfp & __GFP_ACCOUNT))
			stress_error(page, b->owner, "a new page is charged unasked");
	}
#endif

	for (i = 0; i < 1U << b->order; i++) {
		u64 *words = page_address(page + i);

		if (i && !b->comp && page_ref_count(page + i))
			stress_error(page + i, b->owner, "a tail has a reference");
		if ((words[0] & STRESS_STATE) == STRESS_LIVE)
			stress_error(page + i, words[0], "is handed out a second time");
		if ((gfp & __GFP_ZERO) &&
		    (i & 7 ? words[0] || words[STRESS_LAST / 2] || words[STRESS_LAST] :
			     !!memchr_inv(words, 0, PAGE_SIZE)))
			stress_error(page + i, b->owner, "a new page is not zero");
		words[0] = STRESS_LIVE | b->owner;
		words[1] = page_to_pfn(page + i);
		words[STRESS_LAST] = ~b->owner;
	}
}

/* Are the marks still there? The block loses them. */
static void stress_check_old(struct stress_batch *b, struct page *page)
{
	unsigned int i;

	for (i = 0; i < 1U << b->order; i++) {
		u64 *words = page_address(page + i);

		if (words[0] != (STRESS_LIVE | b->owner) ||
		    words[1] != page_to_pfn(page + i) ||
		    words[STRESS_LAST] != ~b->owner)
			stress_error(page + i, b->owner, "is written to by another");
		words[0] = STRESS_DEAD | b->owner;
	}
	if (page_ref_count(page) < 1)
		stress_error(page, b->owner, "lost its reference");
}

/* The holder's end: nobody else got the page while its reference was there */
static void stress_put_held(struct stress_held *held)
{
	u64 *words = page_address(held->page);
	u64 owner = READ_ONCE(words[0]) & ~STRESS_STATE;

	if (owner != held->owner)
		stress_error(held->page, held->owner, "went to another while it was held");
	if (page_ref_count(held->page) == 1)
		stress_count(STRESS_LAST_PUT, 1);
	page_bulk_free(&held->page, 1);
}

static void stress_hold(struct stress_batch *b, struct page *page,
			struct rnd_state *rnd)
{
	struct stress_held *held = &stress_held[stress_below(rnd, STRESS_HELD)];

	spin_lock_bh(&stress_held_lock);
	if (!held->page) {
		get_page(page);
		held->page = page;
		held->owner = b->owner;
		stress_count(STRESS_HOLDS, 1);
	}
	spin_unlock_bh(&stress_held_lock);
}

/* A refill of random holes. Return: pages that arrived, at the array's start. */
static unsigned int stress_refill(struct stress_batch *b, struct rnd_state *rnd,
				  struct page_bulk_request *req)
{
	struct page *filler = ZERO_PAGE(0);
	unsigned int i, nr = req->wanted, density = 1 + stress_below(rnd, 8);
	unsigned int got = 0;
	bool hole = false;

	bitmap_zero(b->filled, nr);
	req->wanted = 0;
	for (i = 0; i < nr; i++) {
		bool filled = i != nr - 1 && !stress_below(rnd, density);

		b->pages[i] = filled ? filler : NULL;
		if (filled)
			__set_bit(i, b->filled);
		else
			req->wanted++;
	}

	page_bulk_alloc_array_noprof(req);
	for (i = 0; i < nr; i++) {
		struct page *page = b->pages[i];

		if (test_bit(i, b->filled)) {
			if (page != filler)
				stress_error(page, b->owner, "overwrote a filled slot");
		} else if (!page) {
			hole = true;
		} else {
			if (hole)
				stress_error(page, b->owner, "is behind an empty slot");
			b->pages[got++] = page;
		}
	}
	return got;
}

/* Return: pages that arrived, in b->pages */
static unsigned int stress_fill(struct stress_batch *b, struct rnd_state *rnd,
				gfp_t gfp, unsigned int nr)
{
	enum stress_form form = stress_below(rnd, STRESS_NR_FORMS);
	LIST_HEAD(list);
	struct page_bulk_request req = {
		.gfp = gfp,
		.nid = NUMA_NO_NODE,
		.order = b->order,
		.stoppable = stress_below(rnd, 2),
		.wanted = nr,
		.pages = b->pages,
	};
	unsigned int got = 0;

	stress_count(STRESS_FORM + form, 1);
	switch (form) {
	case STRESS_REFILL:
		got = stress_refill(b, rnd, &req);
		break;
	case STRESS_DENSE:
		page_bulk_alloc_dense_noprof(&req);
		got = req.got;
		break;
	case STRESS_LIST:
		req.list = &list;
		page_bulk_alloc_list_noprof(&req);
		while (!list_empty(&list) && got < nr)
			b->pages[got++] = page_bulk_list_pop(&list);
		break;
	case STRESS_ALLOC:
		return page_bulk_alloc(gfp, b->order, NUMA_NO_NODE, nr, b->pages);
	default:
		b->comp = b->order;
		return folio_bulk_alloc(gfp, b->order, NUMA_NO_NODE, nr,
					(struct folio **)b->pages);
	}
	stress_count(STRESS_REASON + req.reason, 1);
	if (got != req.got || got > req.wanted || !list_empty(&list))
		stress_error(NULL, b->owner, "another number of pages than it says");
	return got;
}

static gfp_t stress_gfp(struct rnd_state *rnd, bool may_sleep)
{
	static const struct {
		gfp_t flag;
		enum stress_event event;
	} extra[] = {
		{ __GFP_ZERO, STRESS_ZERO },
		{ __GFP_ACCOUNT, STRESS_ACCOUNT },
		{ __GFP_NORETRY, STRESS_NORETRY },
	};
	gfp_t gfp = GFP_ATOMIC;
	unsigned int i;

	if (may_sleep && stress_below(rnd, 3))
		gfp = GFP_KERNEL;
	stress_count(gfp == GFP_KERNEL ? STRESS_KERNEL : STRESS_ATOMIC, 1);
	for (i = 0; i < ARRAY_SIZE(extra); i++) {
		if (stress_below(rnd, 4))
			continue;
		gfp |= extra[i].flag;
		stress_count(extra[i].event, 1);
	}
	switch (stress_below(rnd, 6)) {
	case 0:
	case 1:
		gfp |= __GFP_MOVABLE;
		stress_count(STRESS_MOVABLE, 1);
		break;
	case 2:
		gfp |= __GFP_RECLAIMABLE;
		stress_count(STRESS_RECLAIMABLE, 1);
		break;
	}
	return gfp | __GFP_NOWARN;
}

/*
 * Take a batch of up to @max pages and mark them.
 * Return: whether there are any.
 */
static bool stress_take(struct stress_batch *b, struct rnd_state *rnd,
			unsigned int max, bool may_sleep)
{
	gfp_t gfp = stress_gfp(rnd, may_sleep);
	unsigned int i, nr;

	b->owner = atomic64_inc_return(&stress_owners) & ~STRESS_STATE;
	b->cpu = raw_smp_processor_id();
	b->order = stress_below(rnd, 2) ? 0 : stress_below(rnd, 4);
	b->comp = b->order && stress_below(rnd, 2);
	if (b->comp)
		gfp |= __GFP_COMP;
	/* As many small batches as large ones */
	nr = 1 + stress_below(rnd, max >> b->order >> stress_below(rnd, ilog2(max >> b->order)));

	b->nr = stress_fill(b, rnd, gfp, nr);
	stress_count(STRESS_ORDER + b->order, 1);
	stress_count(STRESS_TOOK, b->nr << b->order);
	if (b->nr < nr)
		stress_count(STRESS_SHORT, 1);
	if (!b->nr)
		stress_count(STRESS_NONE, 1);
	for (i = 0; i < b->nr; i++) {
		stress_check_new(b, b->pages[i], gfp);
		if ((b->comp || !b->order) && !stress_below(rnd, 64))
			stress_hold(b, b->pages[i], rnd);
		if (may_sleep && !(i & 63))
			cond_resched();
	}
	return b->nr;
}

/* Drop the references of pages[first, first + nr) in one way */
static void stress_give_some(struct stress_batch *b, struct rnd_state *rnd,
			     unsigned int first, unsigned int nr)
{
	struct page **pages = b->pages + first;
	enum stress_event way = STRESS_BY_BULK + stress_below(rnd, 3);
	unsigned int i;

	if (b->order && !b->comp)
		way = STRESS_BY_ORDER;
	stress_count(way, 1);
	switch (way) {
	case STRESS_BY_BULK:
		page_bulk_free(pages, nr);
		break;
	case STRESS_BY_RELEASE:
		release_pages(pages, nr);
		break;
	case STRESS_BY_PUT:
		for (i = 0; i < nr; i++)
			put_page(pages[i]);
		break;
	default:
		for (i = 0; i < nr; i++)
			__free_pages(pages[i], b->order);
	}
}

/* Check a batch and drop its references, sometimes in disorder and in parts */
static void stress_give(struct stress_batch *b, struct rnd_state *rnd)
{
	unsigned int i, n;

	for (i = 0; i < b->nr; i++)
		stress_check_old(b, b->pages[i]);
	if (raw_smp_processor_id() != b->cpu)
		stress_count(STRESS_OTHER_CPU, 1);
	stress_count(STRESS_GAVE, b->nr << b->order);
	if (!stress_below(rnd, 3))
		for (i = b->nr - 1; i; i--) {
			n = stress_below(rnd, i + 1);
			swap(b->pages[i], b->pages[n]);
		}
	for (i = 0; i < b->nr; i += n) {
		n = stress_below(rnd, 2) ? b->nr - i : 1 + stress_below(rnd, b->nr - i);
		stress_give_some(b, rnd, i, n);
	}
	b->nr = 0;
}

/* Back to the CPU that went away for a while */
static void stress_stay(struct stress_cpu *sc)
{
	if (raw_smp_processor_id() != sc->cpu && cpu_online(sc->cpu))
		set_cpus_allowed_ptr(current, cpumask_of(sc->cpu));
}

/* The timer stays on the CPU that starts it, so it is started each time */
static void stress_tick(struct stress_cpu *sc, struct rnd_state *rnd)
{
	if (!timer_pending(&sc->timer))
		mod_timer(&sc->timer, jiffies + 1 + stress_below(rnd, 4));
}

static struct ptr_ring *stress_next_ring(struct stress_cpu *sc)
{
	return &stress_cpus[(sc - stress_cpus + 1) % stress_nr_cpus].ring;
}

/* The rings have room for all batches that there are */
static void stress_send(struct ptr_ring *ring, struct stress_batch *b)
{
	if (WARN_ON_ONCE(ptr_ring_produce_any(ring, b)))
		stress_error(NULL, b->owner, "a ring is full");
}

static void stress_mark_faulty(void)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = 1;
#endif
}

static int stress_maker(void *data)
{
	struct stress_cpu *sc = data;
	struct mem_cgroup *old = set_active_memcg(stress_memcg);
	struct stress_batch *b;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, get_random_u64());
	stress_mark_faulty();
	while (!kthread_should_stop()) {
		stress_stay(sc);
		stress_tick(sc, &rnd);
		b = ptr_ring_consume_any(&stress_spare);
		if (!b)
			schedule_timeout_interruptible(1);
		else if (stress_take(b, &rnd, STRESS_PAGES, true))
			stress_send(stress_next_ring(sc), b);
		else
			stress_send(&stress_spare, b);
		cond_resched();
	}
	set_active_memcg(old);
	return 0;
}

static int stress_taker(void *data)
{
	struct stress_cpu *sc = data;
	struct stress_batch *b;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, get_random_u64());
	for (;;) {
		bool stop = kthread_should_stop();

		stress_stay(sc);
		b = ptr_ring_consume_any(&sc->ring);
		if (!b && stop)
			return 0;
		if (b) {
			stress_give(b, &rnd);
			stress_send(&stress_spare, b);
		} else {
			schedule_timeout_interruptible(1);
		}
		cond_resched();
	}
}

static void stress_timer(struct timer_list *timer)
{
	struct stress_cpu *sc = from_timer(sc, timer, timer);
	struct stress_batch *b;

	b = ptr_ring_consume_any(&sc->ring);
	if (b) {
		stress_count(STRESS_SOFTIRQ_GAVE, 1);
		stress_give(b, &sc->rnd);
		stress_send(&stress_spare, b);
	}
	b = ptr_ring_consume_any(&stress_spare);
	if (b) {
		stress_count(STRESS_SOFTIRQ_TOOK, 1);
		if (stress_take(b, &sc->rnd, 64, false))
			stress_send(stress_next_ring(sc), b);
		else
			stress_send(&stress_spare, b);
	}
	irq_work_queue(&sc->work);
}

static void stress_irq(struct irq_work *work)
{
	struct stress_cpu *sc = container_of(work, struct stress_cpu, work);
	unsigned int nr;

	nr = page_bulk_alloc(GFP_ATOMIC | __GFP_NOWARN, 0, NUMA_NO_NODE,
			     STRESS_HARD, sc->hard);
	page_bulk_free(sc->hard, nr);
	stress_count(STRESS_HARDIRQ, 1);
	stress_count(STRESS_TOOK, nr);
	stress_count(STRESS_GAVE, nr);
}

/* Give back random pages that were held; all of them at the end */
static void stress_release_held(struct rnd_state *rnd, bool all)
{
	unsigned int i;

	for (i = 0; i < STRESS_HELD; i++) {
		struct stress_held held;

		if (!all && stress_below(rnd, 8))
			continue;
		spin_lock_bh(&stress_held_lock);
		held = stress_held[i];
		stress_held[i].page = NULL;
		spin_unlock_bh(&stress_held_lock);
		if (held.page)
			stress_put_held(&held);
	}
}

/* This thread is the holder, and waits. Return: -EINTR when a signal came. */
static int stress_wait(unsigned int seconds)
{
	unsigned long end = jiffies + seconds * HZ;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, get_random_u64());
	for (i = 0; time_before(jiffies, end); i++) {
		if (msleep_interruptible(10))
			return -EINTR;
		stress_release_held(&rnd, false);
		if (!(i & 15)) {
			drain_all_pages(NULL);
			stress_count(STRESS_DRAINS, 1);
		}
	}
	return 0;
}

static int stress_start(struct task_struct **task, int (*function)(void *data),
			struct stress_cpu *sc, const char *what)
{
	struct task_struct *t;

	t = kthread_create(function, sc, "stress_%s/%d", what, sc->cpu);
	if (IS_ERR(t))
		return PTR_ERR(t);
	set_cpus_allowed_ptr(t, cpumask_of(sc->cpu));
	*task = get_task_struct(t);
	wake_up_process(t);
	return 0;
}

static void stress_end(struct task_struct *task)
{
	if (!task)
		return;
	kthread_stop(task);
	put_task_struct(task);
}

/* Sources first, then what they left */
static void stress_stop_all(void)
{
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, get_random_u64());
	for (i = 0; i < stress_nr_cpus; i++)
		stress_end(stress_cpus[i].maker);
	for (i = 0; i < stress_nr_cpus; i++) {
		timer_shutdown_sync(&stress_cpus[i].timer);
		irq_work_sync(&stress_cpus[i].work);
	}
	for (i = 0; i < stress_nr_cpus; i++)
		stress_end(stress_cpus[i].taker);
	stress_release_held(&rnd, true);
}

static int stress_start_all(void)
{
	int i, error;

	for (i = 0; i < stress_nr_cpus; i++) {
		struct stress_cpu *sc = &stress_cpus[i];

		error = stress_start(&sc->taker, stress_taker, sc, "taker");
		if (!error)
			error = stress_start(&sc->maker, stress_maker, sc, "maker");
		if (error)
			return error;
	}
	return 0;
}

static void stress_free_batch(void *b)
{
	kvfree(b);
}

static void stress_free_all(void)
{
	int i;

	for (i = 0; stress_cpus && i < stress_nr_cpus; i++)
		ptr_ring_cleanup(&stress_cpus[i].ring, stress_free_batch);
	ptr_ring_cleanup(&stress_spare, stress_free_batch);
	kfree(stress_cpus);
	stress_cpus = NULL;
}

static int stress_prepare(void)
{
	int i, cpu, room = num_present_cpus() * STRESS_BATCHES;

	stress_nr_cpus = 0;
	if (ptr_ring_init(&stress_spare, room + 1, GFP_KERNEL))
		return -ENOMEM;
	stress_cpus = kcalloc(num_present_cpus(), sizeof(*stress_cpus), GFP_KERNEL);
	if (!stress_cpus)
		goto err;

	/* Also those that are offline just now: their threads wait for them */
	for_each_present_cpu(cpu) {
		struct stress_cpu *sc = &stress_cpus[stress_nr_cpus];

		if (ptr_ring_init(&sc->ring, room + 1, GFP_KERNEL))
			goto err;
		stress_nr_cpus++;
		sc->cpu = cpu;
		timer_setup(&sc->timer, stress_timer, TIMER_PINNED);
		prandom_seed_state(&sc->rnd, get_random_u64());
		/* A thread on PREEMPT_RT, where hard interrupts take no pages */
		init_irq_work(&sc->work, stress_irq);
	}
	for (i = 0; i < room; i++) {
		struct stress_batch *b = kvzalloc(sizeof(*b), GFP_KERNEL);

		if (!b)
			goto err;
		stress_send(&stress_spare, b);
	}
	return 0;

err:
	stress_free_all();
	return -ENOMEM;
}

static int stress_run(unsigned int seconds)
{
	int i, error;

	error = stress_prepare();
	if (error)
		return error;
	for (i = 0; i < STRESS_NR_EVENTS; i++)
		atomic_long_set(&stress_counts[i], 0);
	stress_memcg = get_mem_cgroup_from_mm(current->mm);

	error = stress_start_all();
	if (!error)
		error = stress_wait(seconds);
	stress_stop_all();

	mem_cgroup_put(stress_memcg);
	stress_free_all();
	if (!error && atomic_long_read(&stress_counts[STRESS_TOOK]) !=
	    atomic_long_read(&stress_counts[STRESS_GAVE]))
		stress_error(NULL, 0, "more or less pages given back than taken");
	return error;
}

static ssize_t stress_write(struct file *file, const char __user *buffer,
			    size_t len, loff_t *pos)
{
	unsigned int seconds;
	int error;

	error = kstrtouint_from_user(buffer, len, 10, &seconds);
	if (error)
		return error;
	if (!seconds || seconds > STRESS_SECONDS)
		return -EINVAL;
	if (!mutex_trylock(&stress_running))
		return -EBUSY;
	error = stress_run(seconds);
	mutex_unlock(&stress_running);
	return error ?: len;
}

static int stress_show(struct seq_file *seq, void *data)
{
	int i;

	for (i = 0; i < STRESS_NR_EVENTS; i++)
		seq_printf(seq, "%s %ld\n", stress_names[i],
			   atomic_long_read(&stress_counts[i]));
	return 0;
}

static int stress_open(struct inode *inode, struct file *file)
{
	return single_open(file, stress_show, NULL);
}

static const struct file_operations stress_fops = {
	.owner = THIS_MODULE,
	.open = stress_open,
	.read = seq_read,
	.write = stress_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init stress_init(void)
{
	struct dentry *top = debugfs_lookup("page_bulk", NULL);

	debugfs_create_file("stress", 0600, top, NULL, &stress_fops);
	dput(top);
	return 0;
}
late_initcall(stress_init);
