/* Errors, silence, slow ops and throughput: what comes in bursts is no verdict on the candidate. */
#include "../bench/trust/synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* An unchanged run of 20 s with one threshold. */
static void make(
    struct synthetic *s, uint64_t seed, const char *metric, enum bound_kind bound, double limit)
{
	synthetic_make(&synthetic_unchanged, seed, s);
	synthetic_add_threshold(s, metric, SCOPE_ALL, bound, limit);
	s->run.thresholds[0].over = 0.004;
	s->run.generator.duration_s = 20;
}

/* So many in a hundred of an arm's ops due in [from, to) end like this. */
static void end_as(struct synthetic *s, int arm, double from_s, double to_s, uint32_t percent,
    enum sample_status status)
{
	struct run_statement_arm *counts = &s->run.statements[0].arms[arm];

	for (size_t i = 0; i < s->samples.n; i++) {
		struct sample *sample = &s->items[i];

		if (sample->arm != arm || sample->status != SAMPLE_OK ||
		    (double)sample->due_ns < from_s * 1e9 || (double)sample->due_ns >= to_s * 1e9 ||
		    (sample->op * 2654435761u + (uint32_t)arm * 97) % 1000 >= percent * 10)
			continue;
		sample->status = (uint8_t)status;
		if (status == SAMPLE_ERROR)
			counts->errors++;
		else
			counts->unfinished++;
	}
	counts->ok = counts->scheduled - counts->errors - counts->unfinished;
}

static enum outcome judged(struct synthetic *s, const char *says)
{
	synthetic_judge(s, 20, true);
	if (!strstr(s->run.checks[0].why, says))
		fail_msg("\"%s\" says nothing of \"%s\"", s->run.checks[0].why, says);
	return s->run.checks[0].outcome;
}

static void what_neither_arm_answers_is_no_fail(void **state)
{
	struct synthetic s;

	(void)state;
	make(&s, 1, "errors.rate", BOUND_MAX, 0.001);
	end_as(&s, ARM_BASELINE, 17, 20, 80, SAMPLE_UNFINISHED);
	end_as(&s, ARM_CANDIDATE, 16.5, 20, 90, SAMPLE_UNFINISHED);
	assert_int_equal(
	    judged(&s, "neither arm answers all requests at this rate"), OUTCOME_INCONCLUSIVE);
	/* Errors that come besides are the candidate's. */
	end_as(&s, ARM_CANDIDATE, 0, 16, 5, SAMPLE_ERROR);
	assert_int_equal(judged(&s, "errors.rate"), OUTCOME_FAIL);
	synthetic_release(&s);
}

static void more_errors_than_the_baseline_has_fail(void **state)
{
	struct synthetic s;

	(void)state;
	make(&s, 2, "errors.rate", BOUND_MAX, 0.001);
	end_as(&s, ARM_BASELINE, 0, 20, 2, SAMPLE_ERROR);
	end_as(&s, ARM_CANDIDATE, 0, 20, 2, SAMPLE_ERROR);
	assert_int_equal(judged(&s, "the replay is at fault"), OUTCOME_INCONCLUSIVE);
	end_as(&s, ARM_CANDIDATE, 0, 20, 6, SAMPLE_ERROR);
	assert_int_equal(judged(&s, "where the baseline has"), OUTCOME_FAIL);
	synthetic_release(&s);
	for (int i = 0; i < 2; i++) {
		make(&s, 3, "errors.rate", i ? BOUND_MAX_INCREASE : BOUND_MAX_RATIO, i ? 0.001 : 1.10);
		end_as(&s, ARM_CANDIDATE, 7, 7.05, 30, SAMPLE_ERROR);
		assert_int_equal(judged(&s, "errors.rate"), OUTCOME_INCONCLUSIVE); /* a moment's */
		end_as(&s, ARM_CANDIDATE, 0, 20, 5, SAMPLE_ERROR);
		assert_int_equal(judged(&s, "errors.rate"), OUTCOME_FAIL);
		synthetic_release(&s);
	}
}

static void silence_on_a_saturated_machine_is_no_fail(void **state)
{
	struct synthetic s;

	(void)state;
	make(&s, 4, "errors.rate", BOUND_MAX, 0.001);
	end_as(&s, ARM_CANDIDATE, 0, 20, 3, SAMPLE_UNFINISHED);
	assert_int_equal(judged(&s, "where the baseline has"), OUTCOME_FAIL);
	s.run.generator.machine_busy = 0.999;
	s.run.generator.lag_p99 = 0.004;
	assert_int_equal(judged(&s, "cannot be trusted"), OUTCOME_INCONCLUSIVE);
	end_as(&s, ARM_CANDIDATE, 0, 20, 6, SAMPLE_ERROR); /* an answer is an answer */
	assert_int_equal(judged(&s, "where the baseline has"), OUTCOME_FAIL);
	synthetic_release(&s);
}

static void slow_ops_come_in_bursts(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	int fails = 0;

	(void)state;
	plan.stalls_per_s = 1;
	plan.stall_s = 0.1;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct synthetic s;

		synthetic_make(&plan, seed, &s);
		synthetic_add_threshold(&s, "slow.count", SCOPE_ALL, BOUND_MAX_RATIO, 1.0);
		s.run.thresholds[0].over = 0.004;
		synthetic_judge(&s, 20, true);
		fails += s.run.checks[0].outcome == OUTCOME_FAIL;
		synthetic_release(&s);
	}
	assert_true(fails <= 1);
}

static void slow_ops_of_the_candidate_fail(void **state)
{
	struct synthetic_plan plan = synthetic_unchanged;
	struct synthetic s;

	(void)state;
	plan.sleep_share = 0.03;
	plan.sleep_s = 0.02;
	synthetic_make(&plan, 6, &s);
	synthetic_add_threshold(&s, "slow.count", SCOPE_ALL, BOUND_MAX_RATIO, 1.10);
	s.run.thresholds[0].over = 0.004;
	assert_int_equal(judged(&s, "slow.count"), OUTCOME_FAIL);
	s.run.generator.machine_busy = 0.999;
	s.run.generator.lag_p99 = 0.004;
	assert_int_equal(judged(&s, "cannot be trusted"), OUTCOME_INCONCLUSIVE);
	synthetic_release(&s);
}

static void throughput_at_the_end_of_a_queue_is_chance(void **state)
{
	struct synthetic s;

	(void)state;
	make(&s, 7, "throughput", BOUND_MIN_RATIO, 0.99);
	end_as(&s, ARM_BASELINE, 19.7, 20, 90, SAMPLE_UNFINISHED);
	end_as(&s, ARM_CANDIDATE, 19.3, 20, 90, SAMPLE_UNFINISHED);
	assert_int_equal(judged(&s, "may be chance"), OUTCOME_INCONCLUSIVE);
	end_as(&s, ARM_CANDIDATE, 0, 20, 5, SAMPLE_UNFINISHED);
	assert_int_equal(judged(&s, "throughput"), OUTCOME_FAIL);
	synthetic_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_neither_arm_answers_is_no_fail),
	    cmocka_unit_test(more_errors_than_the_baseline_has_fail),
	    cmocka_unit_test(silence_on_a_saturated_machine_is_no_fail),
	    cmocka_unit_test(slow_ops_come_in_bursts),
	    cmocka_unit_test(slow_ops_of_the_candidate_fail),
	    cmocka_unit_test(throughput_at_the_end_of_a_queue_is_chance),
	};

	return cmocka_run_group_tests_name("judge: ops", tests, NULL, NULL);
}
