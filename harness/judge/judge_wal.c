/*
 * WAL bytes without full-page images. The size of an image is not recorded, only that there was
 * one; after a checkpoint images can be 99% of the bytes. So the ratio is taken twice, with images
 * as large and as small as they can be. Where the two disagree the number of records, which images
 * do not touch, decides.
 */
#include "base/mem.h"
#include "judge/counter.h"
#include "judge/sentence.h"

#include <math.h>

static void tell_records(struct check *check, const double records[N_ARMS])
{
	_cleanup_free_ char *what = metric_phrase(check);
	_cleanup_free_ char *limit = limit_phrase(check);
	char ratio[48];

	check_decide(check, check->outcome,
	    "%s is hidden by full-page images; it writes %s the WAL records of the baseline (%.2f "
	    "instead of %.2f per call); %s",
	    what, format_ratio(ratio, check->estimate), records[1], records[0], limit);
}

void counter_decide_wal_bytes(const struct judging *j, struct check *check,
    const struct counter *counter, const struct comparison *c)
{
	double n[N_ARMS] = {c->arms[0].calls, c->arms[1].calls};
	double large[N_ARMS], small[N_ARMS], records[N_ARMS];
	bool breach_large, breach_small;

	for (int arm = 0; arm < N_ARMS; arm++) {
		large[arm] = n[arm] > 0 ? c->least_net[arm] / n[arm] : NAN;
		small[arm] = n[arm] > 0 ? c->most_net[arm] / n[arm] : NAN;
		records[arm] = n[arm] > 0 ? c->arms[arm].wal_records / n[arm] : NAN;
	}
	breach_large = comparison_breaches(c, check, counter, large[0], large[1]);
	breach_small = comparison_breaches(c, check, counter, small[0], small[1]);
	if (breach_large == breach_small || !bound_is_ratio(check->bound)) {
		check_decide_exact(check, NULL);
		if (check->outcome != OUTCOME_FAIL || breach_large)
			return;
		if (counter_is_hidden(check, counter, c, large[0], large[1]))
			counter_tell_hidden(j, check, counter, c);
		else
			counter_tell_negligible(check);
		return;
	}
	check->estimate = bound_estimate(check->bound, records[0], records[1]);
	check_decide_exact(check, NULL);
	if (check->outcome == OUTCOME_FAIL &&
	    !comparison_breaches(c, check, counter_of("wal.records_per_call"), records[0], records[1]))
		check->outcome = OUTCOME_PASS;
	tell_records(check, records);
}
