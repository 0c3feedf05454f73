/*
 * How much of the start to discard because caches were still filling: until, over five looks, less
 * than a hundredth of the blocks touched on either arm came from outside its buffer cache, or their
 * share no longer falls, as with data that does not fit.
 */
#include "judge/warmup.h"

#include <math.h>

#define WINDOW      5 /* looks, a second or so each */
#define WARM        0.01
#define STILL_FALLS 1.1 /* the share now, in shares later */

/* Looks that saw no block touched tell of no reading either. */
static bool is_settled(const struct run_arm *arm, size_t from)
{
	double now = run_cache_read_share(arm, from, from + WINDOW);
	double later = run_cache_read_share(arm, from + WINDOW, arm->n_cache);

	return !(now >= WARM) || now <= STILL_FALLS * later;
}

static double settled_at_s(const struct run_arm *arm)
{
	size_t from = 0;

	while (from + WINDOW <= arm->n_cache && !is_settled(arm, from))
		from++;
	return from ? arm->cache[from - 1].at_s : 0;
}

double warmup_of_caches(const struct run *run)
{
	return fmax(settled_at_s(&run->arms[ARM_BASELINE]), settled_at_s(&run->arms[ARM_CANDIDATE]));
}
