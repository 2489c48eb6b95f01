// SPDX-License-Identifier: GPL-2.0-only
/* Turn vm.page_bulk.timing on for as long as this process lives. */
#include "pagebulk.h"
#include "timing.h"

/* The switch lies beside those of the users, and is written as they are. */
static int turn_off(void)
{
	return pb_write_mode("timing", "0");
}

/**
 * timing_begin() - turn timing on until undo_end(), or until this process ends
 * @undo: for undo_end()
 *
 * Return: 0, also if it was on already, or a negative errno.
 */
int timing_begin(struct undo *undo)
{
	int ret = pb_read_timing();

	*undo = (struct undo){ };
	if (ret)
		return ret < 0 ? ret : 0;
	ret = undo_begin(undo, turn_off);
	if (ret)
		return ret;
	ret = pb_write_mode("timing", "1");
	if (ret)
		undo_end(undo);
	return ret;
}
