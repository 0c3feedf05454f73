#include "capture/log_traffic.h"

#include "base/mem.h"

#include <math.h>

void log_traffic_init(struct log_traffic *traffic)
{
	*traffic = (struct log_traffic){.first_s = NAN, .last_s = NAN, .second = NAN};
	traffic->seen = xcalloc(TRAFFIC_BITS / 64, sizeof(*traffic->seen));
}

void log_traffic_release(struct log_traffic *traffic)
{
	free(traffic->seen);
	traffic->seen = NULL;
}

void log_traffic_add(struct log_traffic *traffic, double time_s, uint64_t session)
{
	size_t bit = session % TRAFFIC_BITS;

	if (session)
		traffic->seen[bit / 64] |= UINT64_C(1) << bit % 64;
	if (isnan(time_s))
		return;
	traffic->first_s = fmin(traffic->first_s, time_s);
	traffic->last_s = fmax(traffic->last_s, time_s);
	if (floor(time_s) != traffic->second) {
		traffic->second = floor(time_s);
		traffic->in_second = 0;
	}
	traffic->peak = fmax(traffic->peak, ++traffic->in_second);
}

double log_traffic_seconds(const struct log_traffic *traffic)
{
	return isnan(traffic->first_s) ? 0 : traffic->last_s - traffic->first_s;
}

double log_traffic_sessions(const struct log_traffic *traffic)
{
	size_t empty = TRAFFIC_BITS;

	for (size_t i = 0; i < TRAFFIC_BITS / 64; i++)
		empty -= (size_t)__builtin_popcountll(traffic->seen[i]);
	return round((double)TRAFFIC_BITS * log((double)TRAFFIC_BITS / fmax((double)empty, 1)));
}
