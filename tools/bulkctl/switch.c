// SPDX-License-Identifier: GPL-2.0-only
/* Switch several users, all or nothing. */
#include <errno.h>
#include <string.h>

#include "switch.h"
#include "util.h"

/**
 * switch_prepare() - read the modes of before
 * @a: the assignments
 * @nr: how many
 *
 * A user whose mode is itself temporary goes back to where that one would have gone.
 *
 * Context: hold pending_lock(), or the answer may be old.
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int switch_prepare(struct assignment *a, unsigned int nr)
{
	struct pending p;
	int ret;

	for (unsigned int i = 0; i < nr; i++, a++) {
		ret = pb_read_mode(a->user, a->before);
		if (ret) {
			complain("%s/%s: %s", pb_paths.sysctl, a->user, strerror(-ret));
			return EXIT_FAILED;
		}
		a->pending = !pending_read(a->user, &p) && pending_holds(a->user, &p);
		memcpy(a->return_to, a->pending ? p.return_to : a->before, PB_NAME);
	}
	return EXIT_DONE;
}

/**
 * switch_undo() - go back to the modes of before
 * @a: the assignments, after switch_prepare()
 * @nr: how many
 */
void switch_undo(const struct assignment *a, unsigned int nr)
{
	struct pending p;
	int ret;

	for (unsigned int i = 0; i < nr; i++, a++) {
		ret = pb_write_mode(a->user, a->before);
		if (ret) {
			complain("%s: stays %s, could not be set back to %s: %s", a->user,
				 a->mode, a->before, strerror(-ret));
			continue;
		}
		/* There and back raised the generation: whoever waits has to know the new one. */
		if (a->pending && !pending_read(a->user, &p)) {
			p.generation = pb_read_generation(a->user);
			pending_write(a->user, &p);
		}
	}
}

static int complain_write(const struct assignment *a, int error)
{
	if (error == -EPERM || error == -EACCES) {
		complain("%s: no permission to write %s/%s: " NEEDS_ADMIN, a->user,
			 pb_paths.sysctl, a->user);
		return EXIT_NO_PERMISSION;
	}
	complain("%s: cannot switch to %s: %s", a->user, a->mode, strerror(-error));
	return EXIT_FAILED;
}

/**
 * switch_apply() - switch, and on a failure put back what was switched
 * @a: the assignments, after switch_prepare()
 * @nr: how many
 *
 * Return: EXIT_DONE, or EXIT_FAILED or EXIT_NO_PERMISSION after a message.
 */
int switch_apply(const struct assignment *a, unsigned int nr)
{
	int ret;

	for (unsigned int i = 0; i < nr; i++) {
		ret = pb_write_mode(a[i].user, a[i].mode);
		if (ret) {
			ret = complain_write(&a[i], ret);
			switch_undo(a, i);
			return ret;
		}
	}
	return EXIT_DONE;
}

/**
 * switch_for_good() - switch, and end what would have gone back by itself
 * @a: the assignments, after switch_prepare()
 * @nr: how many
 * @persist: write it to pb_paths.conf too; if that fails nothing is switched
 *
 * Context: hold pending_lock(), where there is a place for notes.
 * Return: EXIT_DONE, or EXIT_FAILED or EXIT_NO_PERMISSION after a message.
 */
int switch_for_good(const struct assignment *a, unsigned int nr, bool persist)
{
	int ret = switch_apply(a, nr);

	if (ret)
		return ret;
	if (persist) {
		ret = sysctld_persist(a, nr);
		if (ret) {
			switch_undo(a, nr);
			return ret;
		}
	}
	for (unsigned int i = 0; i < nr; i++)
		pending_remove(a[i].user);
	return EXIT_DONE;
}
