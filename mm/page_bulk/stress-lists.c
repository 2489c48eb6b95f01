// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stress test's look at the free lists and the per-CPU lists: they hold as
 * many pages as is counted.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/pgtable.h>
#include <linux/vmstat.h>
#include "stress.h"

#define STRESS_TRIES	20

static void stress_lists_error(struct zone *zone, const char *what, long listed,
			       long counted)
{
	pr_err("page_bulk_stress: %s: %ld in the lists, %ld counted\n",
	       zone->name, listed, counted);
	page_bulk_stress_error(NULL, 0, what);
}

/*
 * The pages of @zone in its free lists, but for isolated ones, which
 * NR_FREE_PAGES leaves out. Context: zone->lock is held.
 */
static long stress_listed(struct zone *zone)
{
	struct free_area *area;
	unsigned int order;
	struct page *page;
	long n = 0;
	int mt;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long nr = 0;

		area = &zone->free_area[order];
		for (mt = 0; mt < MIGRATE_TYPES; mt++) {
			list_for_each_entry(page, &area->free_list[mt], buddy_list) {
				if (!PageBuddy(page) || page_private(page) != order)
					page_bulk_stress_error(page, 0, "is in a wrong free list");
				nr++;
				if (!is_migrate_isolate(mt))
					n += 1L << order;
			}
		}
		if (nr != area->nr_free)
			stress_lists_error(zone, "blocks of an order", nr,
					   area->nr_free);
	}
	return n;
}

/*
 * With zone->lock held only somebody who adds up the CPUs' parts of a counter
 * changes it, and for a moment has a part in hand: then once more.
 */
static void stress_check_zone(struct zone *zone)
{
	unsigned long flags;
	long listed, counted;
	unsigned int i;

	for (i = 0; i < STRESS_TRIES; i++) {
		spin_lock_irqsave(&zone->lock, flags);
		counted = zone_page_state_snapshot(zone, NR_FREE_PAGES);
		listed = stress_listed(zone);
		spin_unlock_irqrestore(&zone->lock, flags);
		if (listed == counted)
			return;
		msleep(20);
	}
	stress_lists_error(zone, "free pages", listed, counted);
}

/* As drain_pages_zone(): without SMP the lock is none, but interrupts are off */
static void stress_check_pcp(struct zone *zone, int cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	unsigned long __maybe_unused flags;
	struct list_head *pos;
	long n = 0, count;
	unsigned int i;

#if !defined(CONFIG_SMP) && !defined(CONFIG_PREEMPT_RT)
	local_irq_save(flags);
#endif
	spin_lock(&pcp->lock);
	for (i = 0; i < NR_PCP_LISTS; i++) {
		unsigned int order = i < NR_LOWORDER_PCP_LISTS ?
				     i / MIGRATE_PCPTYPES : PMD_ORDER;

		list_for_each(pos, &pcp->lists[i])
			n += 1L << order;
	}
	count = pcp->count;
	spin_unlock(&pcp->lock);
#if !defined(CONFIG_SMP) && !defined(CONFIG_PREEMPT_RT)
	local_irq_restore(flags);
#endif
	if (n != count)
		stress_lists_error(zone, "pages of a CPU", n, count);
}

/**
 * page_bulk_stress_check_lists() - compare all lists of free pages to the counts
 *
 * Context: process context, may sleep. While all others go on.
 */
void page_bulk_stress_check_lists(void)
{
	struct zone *zone;
	int cpu;

	/* The parts of a CPU that just went away are not yet added up */
	cpus_read_lock();
	for_each_populated_zone(zone) {
		stress_check_zone(zone);
		for_each_possible_cpu(cpu)
			stress_check_pcp(zone, cpu);
	}
	cpus_read_unlock();
	stress_count(STRESS_LISTS, 1);
}
