/* measure_samples: samples in, the figures of the run record out. */
#include "base/clock.h"
#include "base/mem.h"
#include "measure/histogram.h"
#include "measure/measure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS NS_PER_MS

/* One statement, 1000 ops per arm, one every 4 ms; service of op i: 1 + i % 100 ms. */
struct fixture {
	struct sample items[2000];
	struct samples samples;
	struct run_statement statement;
	struct run run;
};

static struct sample answered(uint32_t op, enum arm arm, uint64_t due_ns, uint64_t service_ns)
{
	return (struct sample){
	    .due_ns = due_ns,
	    .picked_ns = due_ns + 10000,
	    .sent_ns = due_ns + 30000,
	    .done_ns = due_ns + 30000 + service_ns,
	    .op = op,
	    .arm = (uint8_t)arm,
	    .status = SAMPLE_OK,
	    .rows = 2,
	};
}

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){0};
	for (uint32_t i = 0; i < 1000; i++) {
		f->items[2 * i] = answered(i, ARM_BASELINE, i * 4 * MS, (1 + i % 100) * MS);
		f->items[2 * i + 1] = answered(i, ARM_CANDIDATE, i * 4 * MS + MS, (1 + i % 100) * 2 * MS);
	}
	f->samples = (struct samples){.items = f->items, .n = 2000};
	f->run.statements = &f->statement;
	f->run.n_statements = f->run.n_replayed = 1;
}

static void fixture_release(struct fixture *f)
{
	for (int arm = 0; arm < N_ARMS; arm++) {
		struct run_statement_arm *a = &f->statement.arms[arm];

		free(a->service.histogram);
		free(a->response.histogram);
		for (size_t i = 0; i < a->n_error_counts; i++)
			free(a->error_counts[i].message);
		free(a->error_counts);
		free(f->run.slices[arm]);
	}
}

static void assert_near(double figure, double expected, double share)
{
	if (fabs(figure - expected) > share * expected)
		fail_msg("%g is not within %g%% of %g", figure, 100 * share, expected);
}

static void latency_is_told_per_arm(void **state)
{
	struct fixture f;
	const struct latency *service, *response;
	struct histogram *h;

	(void)state;
	fixture_init(&f);
	measure_samples(&f.samples, &f.run);
	service = &f.statement.arms[ARM_CANDIDATE].service;
	response = &f.statement.arms[ARM_CANDIDATE].response;
	assert_true(service->count == 1000);
	assert_near(service->p50, 0.100, 0.001);
	assert_near(service->p95, 0.190, 0.001);
	assert_near(service->mean, 0.101, 1e-9);
	assert_near(service->max, 0.200, 1e-9);
	assert_near(response->max, 0.20003, 1e-9);
	assert_near(f.statement.arms[ARM_BASELINE].service.p95, 0.095, 0.001);
	h = histogram_decode_base64(service->histogram, NULL);
	assert_int_equal(histogram_count(h), 1000);
	assert_near((double)histogram_value_at_quantile(h, 0.95) / 1e9, service->p95, 0.001);
	histogram_free(h);
	assert_true(f.statement.arms[ARM_CANDIDATE].rows == 2000);
	fixture_release(&f);
}

static void warmup_is_left_out_of_latency_only(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.items[0].status = SAMPLE_ERROR;
	f.items[0].sqlstate = sqlstate_pack("40001");
	f.run.generator.warmup_s = 2;
	measure_samples(&f.samples, &f.run);
	assert_true(f.statement.arms[ARM_BASELINE].service.count == 500);
	assert_true(f.statement.arms[ARM_BASELINE].errors == 1);
	assert_true(f.run.slices[ARM_BASELINE][0].errors == 1);
	fixture_release(&f);
}

static void errors_are_counted_by_sqlstate_and_keep_their_message(void **state)
{
	struct fixture f;
	struct run_statement_arm *arm = &f.statement.arms[ARM_CANDIDATE];

	(void)state;
	fixture_init(&f);
	GROW(arm->error_counts, arm->n_error_counts, arm->cap_error_counts);
	arm->error_counts[arm->n_error_counts++] =
	    (struct error_count){.sqlstate = "42P01", .message = xstrdup("no such table")};
	for (int i = 0; i < 5; i++) {
		f.items[2 * i + 1].status = SAMPLE_ERROR;
		f.items[2 * i + 1].sqlstate = sqlstate_pack(i < 3 ? "42P01" : "57014");
	}
	f.items[11].status = SAMPLE_UNFINISHED;
	/* Measuring again gives the same figures, not twice as many. */
	measure_samples(&f.samples, &f.run);
	measure_samples(&f.samples, &f.run);
	assert_int_equal(arm->n_error_counts, 3);
	assert_string_equal(arm->error_counts[0].message, "no such table");
	assert_true(arm->error_counts[0].count == 3);
	assert_true(arm->error_counts[1].count == 2);
	assert_string_equal(arm->error_counts[2].sqlstate, "00000");
	assert_true(arm->errors == 5 && arm->unfinished == 1 && arm->ok == 994);
	assert_true(arm->service.count == 994 && arm->response.count == 995);
	fixture_release(&f);
}

static void slices_are_one_per_second(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	measure_samples(&f.samples, &f.run);
	assert_int_equal(f.run.n_slices, 4);
	assert_true(f.run.slices[ARM_BASELINE][3].ok == 250);
	assert_true(f.run.slices[ARM_CANDIDATE][2].start_s == 2);
	assert_near(f.run.slices[ARM_BASELINE][1].max, 0.10003, 1e-9);
	assert_near(f.run.slices[ARM_BASELINE][1].lag_max, f.run.generator.lag_max, 1e-9);
	assert_near(f.run.slices[ARM_BASELINE][1].lag_p99, f.run.generator.lag_p99, 1e-6);
	fixture_release(&f);
}

static void a_stall_shows_in_every_op_that_was_due_then(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (int i = 0; i < 1000; i++) {
		struct sample *s = &f.items[2 * i + 1];

		if (s->due_ns >= 1000 * MS && s->done_ns < 3000 * MS)
			s->done_ns = 3000 * MS;
	}
	measure_samples(&f.samples, &f.run);
	assert_true(f.statement.arms[ARM_CANDIDATE].response.max >= 1.99);
	assert_true(f.statement.arms[ARM_CANDIDATE].response.count == 1000);
	fixture_release(&f);
}

static void the_generators_totals_come_from_the_samples(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	measure_samples(&f.samples, &f.run);
	assert_near(f.run.generator.lag_p99, 10e-6, 0.001);
	assert_near(f.run.generator.queueing_p99, 20e-6, 0.001);
	assert_true(f.run.generator.scheduled == 2000 && f.run.generator.completed == 2000);
	assert_near(f.run.generator.duration_s, 4.197, 0.01);
	assert_near(f.run.generator.achieved_rate, 1000 / 4.197, 0.01);
	fixture_release(&f);
}

static void no_samples_are_no_figures(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.samples.n = 0;
	measure_samples(&f.samples, &f.run);
	assert_true(isnan(f.statement.arms[ARM_BASELINE].service.p50));
	assert_null(f.statement.arms[ARM_BASELINE].service.histogram);
	assert_int_equal(f.run.n_slices, 0);
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(latency_is_told_per_arm),
	    cmocka_unit_test(warmup_is_left_out_of_latency_only),
	    cmocka_unit_test(errors_are_counted_by_sqlstate_and_keep_their_message),
	    cmocka_unit_test(slices_are_one_per_second),
	    cmocka_unit_test(a_stall_shows_in_every_op_that_was_due_then),
	    cmocka_unit_test(the_generators_totals_come_from_the_samples),
	    cmocka_unit_test(no_samples_are_no_figures),
	};

	return cmocka_run_group_tests_name("measure: samples", tests, NULL, NULL);
}
