// SPDX-License-Identifier: GPL-2.0-only
/* What the keys of bulkctl top do, and what it says about it. */
#include <curses.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "experiment.h"
#include "switch.h"
#include "top.h"

static const u64 intervals[] = {
	100 * NSEC_PER_MSEC, 200 * NSEC_PER_MSEC, 500 * NSEC_PER_MSEC, NSEC_PER_SEC,
	2 * NSEC_PER_SEC, 5 * NSEC_PER_SEC, 10 * NSEC_PER_SEC, 30 * NSEC_PER_SEC,
	60 * NSEC_PER_SEC,
};

#define say(control, ...) \
	snprintf((control)->message, sizeof((control)->message), __VA_ARGS__)

/* What complain() says would spoil the screen: between these two it goes into @text. */
static FILE *hear(char *text, size_t size)
{
	FILE *before = stderr, *in = fmemopen(text, size, "w");

	text[0] = '\0';
	if (in)
		stderr = in;
	return before;
}

static void unhear(FILE *before, char *text)
{
	static const char program[] = "bulkctl: ";

	if (stderr != before)
		fclose(stderr);
	stderr = before;
	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(text, program, strlen(program)))
		memmove(text, text + strlen(program), strlen(text + strlen(program)) + 1);
}

static struct top_user *selected(struct top *top, const struct top_control *control)
{
	return &top->user[control->selected];
}

/* The interval does not end in the middle of what it shows: it is that of the next sample on. */
static void change_interval(struct top_control *control, bool longer)
{
	char text[32];
	u64 ns = 0;

	for (size_t i = 0; i < ARRAY_SIZE(intervals); i++) {
		if (longer && !ns && intervals[i] > control->interval)
			ns = intervals[i];
		if (!longer && intervals[i] < control->interval)
			ns = intervals[i];
	}
	if (ns)
		control->interval = ns;
	format_duration(control->interval, text, sizeof(text));
	say(control, "every %s%s", text, ns ? "" : ": it goes no further");
}

static void change_pause(struct top *top, struct top_control *control)
{
	control->paused = !control->paused;
	if (!control->paused)
		top_restart(top);
	say(control, "%s", control->paused ? "paused: p goes on" : "");
}

static void ask(struct top *top, struct top_control *control, const char *mode)
{
	const struct top_user *u;

	/* Who switches wants to see what is, not what was. */
	if (control->paused)
		change_pause(top, control);
	top_take_modes(top);
	u = selected(top, control);
	if (!strcmp(u->mode, mode)) {
		say(control, "%s is in mode %s already", u->name, mode);
		return;
	}
	memcpy(control->from, u->mode, sizeof(control->from));
	snprintf(control->to, sizeof(control->to), "%s", mode);
	control->asking = true;
}

/* Return: EXIT_DONE; EXIT_INTERRUPTED if the mode is no longer @from; or as switch_for_good(). */
static int switch_user(const char *user, const char *from, const char *to)
{
	struct assignment a = { };
	int lock = pending_lock(), ret;	/* without a place for notes there are none */

	snprintf(a.user, sizeof(a.user), "%s", user);
	snprintf(a.mode, sizeof(a.mode), "%s", to);
	ret = switch_prepare(&a, 1);
	if (!ret && strcmp(a.before, from))
		ret = EXIT_INTERRUPTED;
	if (!ret)
		ret = switch_for_good(&a, 1, false);
	if (lock >= 0)
		close(lock);
	return ret;
}

static void overtaken(const struct top_user *u, struct top_control *control)
{
	control->asking = false;
	say(control, "%s is in mode %s meanwhile: nothing was switched", u->name,
	    *u->mode ? u->mode : "-");
}

static void answer(struct top *top, struct top_control *control, bool yes)
{
	const struct top_user *u = selected(top, control);
	char heard[TOP_TEXT];
	FILE *before;
	int ret;

	control->asking = false;
	if (!yes) {
		say(control, "%s stays in mode %s", u->name, control->from);
		return;
	}
	before = hear(heard, sizeof(heard));
	ret = switch_user(u->name, control->from, control->to);
	unhear(before, heard);
	top_take_modes(top);
	if (ret == EXIT_INTERRUPTED)
		overtaken(u, control);
	else if (ret)
		say(control, "%s", heard);
	else
		say(control, "%s: %s -> %s", u->name, control->from, control->to);
}

static void select_user(const struct top *top, struct top_control *control, unsigned int steps)
{
	control->selected = (control->selected + steps) % top->users.nr;
	control->message[0] = '\0';
}

static void key_of_mode(struct top *top, struct top_control *control, int key)
{
	for (unsigned int i = 0; i < top->modes.nr; i++) {
		if (key && top_mode_key(&top->modes, i) == key) {
			ask(top, control, top->modes.name[i]);
			return;
		}
	}
	say(control, "no such key: see the last line");
}

/**
 * top_key() - do what a key stands for
 * @top: the model
 * @control: what the keys change
 * @key: as getch() has it
 *
 * While there is a question every key but y is a no.
 */
void top_key(struct top *top, struct top_control *control, int key)
{
	if (key == KEY_RESIZE)
		return;
	if (control->asking) {
		answer(top, control, key == 'y' || key == 'Y');
		return;
	}
	switch (key) {
	case 'q':
		control->quit = true;
		break;
	case 'j':
	case '\t':
	case KEY_DOWN:
		select_user(top, control, 1);
		break;
	case 'k':
	case KEY_BTAB:
	case KEY_UP:
		select_user(top, control, top->users.nr - 1);
		break;
	case '+':
	case '=':
		change_interval(control, true);
		break;
	case '-':
		change_interval(control, false);
		break;
	case 'p':
	case ' ':
		change_pause(top, control);
		break;
	default:
		key_of_mode(top, control, key);
	}
}

/**
 * top_sample() - take a sample; a question that it answers is gone
 * @top: the model
 * @control: what the keys change
 */
void top_sample(struct top *top, struct top_control *control)
{
	const struct top_user *u = selected(top, control);
	char heard[TOP_TEXT];
	FILE *before;
	int ret;

	before = hear(heard, sizeof(heard));
	ret = top_take(top);
	unhear(before, heard);
	if (ret)
		say(control, "%s", heard);
	if (control->asking && strcmp(u->mode, control->from))
		overtaken(u, control);
}

/* What a switch of this user ends. */
static void describe_end(const char *user, char *buf, size_t size)
{
	char holder[128];
	struct pending p;

	buf[0] = '\0';
	if (!pending_read(user, &p) && pending_holds(user, &p))
		snprintf(buf, size, " It no longer goes back to %s by itself then.", p.return_to);
	else if (experiment_held(holder, sizeof(holder)))
		snprintf(buf, size, " An experiment runs (%s).", holder);
}

/**
 * top_status() - what to say below the tables
 * @top: the model
 * @control: what the keys change
 * @buf: where it goes: the question, or the last message, or what is wrong all the time
 * @size: size of @buf
 */
void top_status(const struct top *top, const struct top_control *control, char *buf, size_t size)
{
	const char *user = top->user[control->selected].name;
	char end[TOP_TEXT];
	FILE *before;

	buf[0] = '\0';
	if (control->asking) {
		describe_end(user, end, sizeof(end));
		snprintf(buf, size, "Switch %s from %s to %s?%s y: yes, any other key: no", user,
			 control->from, control->to, end);
	} else if (*control->message) {
		snprintf(buf, size, "%s", control->message);
	} else if (top->debugfs) {
		before = hear(buf, size);
		pb_complain_debugfs(top->debugfs);
		unhear(before, buf);
	}
}
