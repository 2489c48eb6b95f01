// SPDX-License-Identifier: GPL-2.0-only
/* The options of every verb that counts events: -e, -C, -p, --nfsd. */
#include <stdlib.h>

#include "perf.h"
#include "util.h"

/**
 * perf_option() - take one of the options
 * @verb: the verb, for messages
 * @opt: what getopt_long() returned
 * @arg: the option's argument
 * @request: what it is added to; all zero before the first call
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int perf_option(const char *verb, int opt, const char *arg, struct perf_request *request)
{
	switch (opt) {
	case 'e':
		return perf_events_add(verb, arg, &request->events);
	case 'C':
		return perf_target_cpus(verb, arg, &request->target);
	case 'p':
		return perf_target_pids(verb, arg, &request->target);
	case PERF_OPT_NFSD:
		request->target.nfsd = true;
		return EXIT_DONE;
	}
	return EXIT_USAGE;
}

/**
 * perf_request_finish() - to be called after the last option
 * @verb: the verb, for messages
 * @request: gets the default events if it has none
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int perf_request_finish(const char *verb, struct perf_request *request)
{
	if (request->target.nfsd && request->target.nr_pids) {
		complain("%s: --nfsd and -p cannot be used together", verb);
		return EXIT_USAGE;
	}
	if (request->events.nr)
		return EXIT_DONE;
	return perf_events_add(verb, PERF_DEFAULT_EVENTS, &request->events);
}

/**
 * perf_request_free() - give back what the options took
 * @request: the request; after perf_close()
 */
void perf_request_free(struct perf_request *request)
{
	perf_events_free(&request->events);
	free(request->target.cpus);
	free(request->target.pids);
	*request = (struct perf_request){ };
}
