#include "replay/sessions.h"

#include "base/stop.h"

#define CONNECT_TIMEOUT_MS 10000
#define MAX_AHEAD          20000 /* Parse round trips: a few seconds */

static int prepare_all(struct session *session, const struct requests *requests, struct err *err)
{
	for (size_t i = 0; i < requests->n; i++) {
		struct err refused = {0};
		int rc;

		if (requests->items[i].protocol != PROTOCOL_PREPARED)
			continue;
		rc = session_prepare(session, &requests->items[i].statement, &refused);

		if (rc < 0 && session_state(session) == SESSION_BROKEN) {
			*err = refused;
			return rc;
		}
	}
	return 0;
}

int sessions_open(const struct session_setup *setup, const struct requests *requests,
    struct session **ret, size_t n, size_t clients, struct err *err)
{
	bool ahead = requests->n * clients <= MAX_AHEAD;

	for (size_t i = 0; i < n; i++) {
		int rc;

		if (stop_requested())
			return stop_error(err);
		rc = session_connect(setup, CONNECT_TIMEOUT_MS, &ret[i], err);
		if (rc == 0 && ahead)
			rc = prepare_all(ret[i], requests, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}
