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
 * while, drains the per-CPU lists, and compares all lists of free pages to the
 * counts. CPUs may go offline and come back.
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
#include <linux/ptr_ring.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include "internal.h"
#include "stress.h"

#define STRESS_BATCHES	8	/* batches for each CPU */
#define STRESS_HARD	16	/* pages in hard interrupt context */
#define STRESS_SECONDS	86400U

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
	[STRESS_LISTS] = "list_checks",
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

static DEFINE_MUTEX(stress_running);
static struct mem_cgroup *stress_memcg;
static struct ptr_ring stress_spare;	/* empty batches */
static struct stress_cpu *stress_cpus;
static int stress_nr_cpus;

/*
 * Back to the CPU that went away for a while. One that is online but not active
 * is on its way out, and a kernel thread could still go there.
 */
static void stress_stay(struct stress_cpu *sc)
{
	if (raw_smp_processor_id() != sc->cpu && cpu_active(sc->cpu))
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
		page_bulk_stress_error(NULL, b->owner, "a ring is full");
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
		else if (page_bulk_stress_take(b, &rnd, STRESS_PAGES, true))
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
			page_bulk_stress_give(b, &rnd);
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
		page_bulk_stress_give(b, &sc->rnd);
		stress_send(&stress_spare, b);
	}
	b = ptr_ring_consume_any(&stress_spare);
	if (b) {
		stress_count(STRESS_SOFTIRQ_TOOK, 1);
		if (page_bulk_stress_take(b, &sc->rnd, 64, false))
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
		page_bulk_stress_release_held(&rnd, false);
		if (!(i & 15)) {
			drain_all_pages(NULL);
			stress_count(STRESS_DRAINS, 1);
		}
		if (!(i & 255))
			page_bulk_stress_check_lists();
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
	page_bulk_stress_release_held(&rnd, true);
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

/* ptr_ring_cleanup() would take the lock as no softirq ever may: empty it first */
static void stress_free_ring(struct ptr_ring *ring)
{
	struct stress_batch *b;

	while ((b = ptr_ring_consume_any(ring)))
		kvfree(b);
	ptr_ring_cleanup(ring, NULL);
}

static void stress_free_all(void)
{
	int i;

	for (i = 0; stress_cpus && i < stress_nr_cpus; i++)
		stress_free_ring(&stress_cpus[i].ring);
	stress_free_ring(&stress_spare);
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
		atomic_long_set(&page_bulk_stress_counts[i], 0);
	stress_memcg = get_mem_cgroup_from_mm(current->mm);

	error = stress_start_all();
	if (!error)
		error = stress_wait(seconds);
	stress_stop_all();

	mem_cgroup_put(stress_memcg);
	stress_free_all();
	page_bulk_stress_check_lists();
	if (!error && atomic_long_read(&page_bulk_stress_counts[STRESS_TOOK]) !=
	    atomic_long_read(&page_bulk_stress_counts[STRESS_GAVE]))
		page_bulk_stress_error(NULL, 0, "more or less pages given back than taken");
	return error;
}

static ssize_t stress_write(struct file *file, const char __user *buffer,
			    size_t len, loff_t *pos)
{
	int seconds = page_bulk_take_number(buffer, len, *pos, STRESS_SECONDS);
	int error;

	if (seconds < 0)
		return seconds;
	if (!seconds)
		return -EINVAL;
	if (!mutex_trylock(&stress_running))
		return -EBUSY;
	error = stress_run(seconds);
	mutex_unlock(&stress_running);
	if (error)
		return error;
	*pos += len;
	return len;
}

static int stress_show(struct seq_file *seq, void *data)
{
	int i;

	for (i = 0; i < STRESS_NR_EVENTS; i++)
		seq_printf(seq, "%s %ld\n", stress_names[i],
			   atomic_long_read(&page_bulk_stress_counts[i]));
	return 0;
}
DEFINE_PAGE_BULK_STORE_ATTRIBUTE(stress);

static int __init stress_init(void)
{
	struct dentry *top = debugfs_lookup("page_bulk", NULL);

	if (IS_ERR_OR_NULL(top))
		return 0;
	debugfs_create_file("stress", 0600, top, NULL, &stress_fops);
	dput(top);
	return 0;
}
late_initcall(stress_init);
