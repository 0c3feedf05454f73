/* histogram: counts to three digits, and an encoding that other HdrHistogram libraries read. */
#include "measure/histogram.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "measure/base64.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HIGHEST (3600 * NS_PER_S)

static struct histogram *hour(void)
{
	return histogram_new(1, HIGHEST, 3, NULL);
}

static void every_value_is_kept_to_three_digits(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		struct histogram *h;
		uint64_t value = (uint64_t)exp(rng_uniform(&rng) * log((double)HIGHEST));

		if (i % 100)
			continue;
		h = hour();
		histogram_record(h, value);
		assert_true(histogram_min(h) <= value && value <= histogram_max(h));
		assert_true((double)(histogram_max(h) - histogram_min(h)) <= (double)value / 1000);
		histogram_free(h);
	}
}

static void quantiles_are_those_of_the_sorted_values(void **state)
{
	struct histogram *h = hour();

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		histogram_record(h, i);
	assert_int_equal(histogram_count(h), 1000);
	assert_int_equal(histogram_value_at_quantile(h, 0), 1);
	assert_int_equal(histogram_value_at_quantile(h, 0.5), 500);
	assert_int_equal(histogram_value_at_quantile(h, 0.95), 950);
	assert_int_equal(histogram_value_at_quantile(h, 0.9505), 951);
	assert_int_equal(histogram_value_at_quantile(h, 1), 1000);
	assert_true(fabs(histogram_mean(h) - 500.5) < 1);
	assert_true(fabs(histogram_stddev(h) - 288.67) < 1);
	histogram_free(h);
}

static void an_empty_histogram_has_no_figures(void **state)
{
	struct histogram *h = hour();
	uint64_t value, count;
	size_t position = 0;

	(void)state;
	assert_int_equal(histogram_count(h), 0);
	assert_int_equal(histogram_min(h), 0);
	assert_int_equal(histogram_max(h), 0);
	assert_int_equal(histogram_value_at_quantile(h, 0.99), 0);
	assert_int_equal(histogram_next(h, &position, &value, &count), 0);
	histogram_free(h);
}

static void values_above_the_range_are_counted_as_saturated(void **state)
{
	struct histogram *h = hour();

	(void)state;
	histogram_record_n(h, HIGHEST * 5, 3);
	assert_int_equal(histogram_count(h), 3);
	assert_int_equal(histogram_saturated(h), 3);
	assert_true(histogram_max(h) >= HIGHEST);
	histogram_reset(h);
	assert_int_equal(histogram_count(h), 0);
	assert_int_equal(histogram_saturated(h), 0);
	histogram_free(h);
}

static void impossible_ranges_are_refused(void **state)
{
	struct err err = {0};

	(void)state;
	assert_null(histogram_new(0, 10, 3, &err));
	assert_int_equal(err.code, ERR_BUG);
	assert_null(histogram_new(10, 19, 3, NULL));
	assert_null(histogram_new(1, 100, 6, NULL));
	assert_null(histogram_new(1, UINT64_MAX, 3, NULL));
}

static void adding_keeps_every_count(void **state)
{
	struct histogram *a = hour(), *b = histogram_new(1000, 60 * NS_PER_S, 2, NULL);

	(void)state;
	histogram_record_n(a, 5000, 7);
	histogram_record_n(b, 80000, 5);
	histogram_add(a, b);
	assert_int_equal(histogram_count(a), 12);
	assert_true(fabs((double)histogram_value_at_quantile(a, 1) / 80000 - 1) < 0.02);
	histogram_free(a);
	histogram_free(b);
}

static void assert_same(const struct histogram *a, const struct histogram *b)
{
	size_t at_a = 0, at_b = 0;
	uint64_t value_a, value_b, count_a, count_b;

	assert_int_equal(histogram_count(a), histogram_count(b));
	while (histogram_next(a, &at_a, &value_a, &count_a)) {
		assert_int_equal(histogram_next(b, &at_b, &value_b, &count_b), 1);
		assert_int_equal(value_a, value_b);
		assert_int_equal(count_a, count_b);
	}
	assert_int_equal(histogram_next(b, &at_b, &value_b, &count_b), 0);
}

static void round_trip(const struct histogram *h)
{
	_cleanup_free_ char *text = histogram_encode_base64(h, NULL);
	struct histogram *again = histogram_decode_base64(text, NULL);

	assert_non_null(again);
	assert_same(h, again);
	histogram_free(again);
}

static void what_is_encoded_decodes_to_the_same_counts(void **state)
{
	struct histogram *h = hour();
	struct rng rng;

	(void)state;
	round_trip(h);
	histogram_record(h, 0);
	round_trip(h);
	histogram_record_n(h, 77, UINT64_C(1) << 55);
	rng_init(&rng, 2, 0);
	for (int i = 0; i < 5000; i++)
		histogram_record_n(
		    h, rng_below(&rng, HIGHEST) >> rng_below(&rng, 40), 1 + rng_below(&rng, 300));
	round_trip(h);
	histogram_record(h, HIGHEST);
	round_trip(h);
	histogram_free(h);
}

static void read_golden_histogram(FILE *file, const char *text)
{
	struct histogram *h = histogram_decode_base64(text, NULL);
	unsigned long long value;
	double percentile;
	int lines = 0;

	assert_non_null(h);
	assert_int_equal(fscanf(file, "count %llu\n", &value), 1);
	assert_int_equal(histogram_count(h), value);
	while (fscanf(file, "%lf %llu\n", &percentile, &value) == 2) {
		assert_int_equal(histogram_value_at_quantile(h, percentile / 100), value);
		if (++lines == 10)
			break;
	}
	assert_int_equal(lines, 10);
	histogram_free(h);
}

static void another_librarys_histogram_reads_the_same(void **state)
{
	FILE *file = fopen(TEST_SOURCE_DIR "/golden/histogram/hdr_histogram_js.txt", "r");
	char text[8192];

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file)); /* the comment */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fscanf(file, "%8191s\n", text), 1);
		read_golden_histogram(file, text);
	}
	fclose(file);
}

static void damaged_text_is_refused(void **state)
{
	struct histogram *h = hour();
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	size_t n;

	(void)state;
	for (uint64_t i = 1; i < 500; i++)
		histogram_record(h, i * i * 1000);
	text = histogram_encode_base64(h, NULL);
	n = strlen(text);
	assert_null(histogram_decode_base64("", &err));
	assert_null(histogram_decode_base64("no base64!", &err));
	assert_null(histogram_decode_base64("AAAAAAAAAAAAAAAA", &err));
	assert_non_null(strstr(err.message, "cookie"));
	/* Whatever byte is changed, decoding ends with an error or a histogram, never worse. */
	for (size_t i = 0; i < n; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'Q' : 'A';
		histogram_free(histogram_decode_base64(text, NULL));
		text[i] = was;
	}
	text[n / 2 / 4 * 4] = '\0';
	assert_null(histogram_decode_base64(text, &err));
	histogram_free(h);
}

static void base64_is_that_of_rfc_4648(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		_cleanup_buf_ struct buf plain = BUF_INIT;
		_cleanup_free_ char *text = base64_encode(pairs[i][0], strlen(pairs[i][0]));

		assert_string_equal(text, pairs[i][1]);
		assert_int_equal(base64_decode(text, &plain), 0);
		assert_int_equal(plain.len, strlen(pairs[i][0]));
		assert_memory_equal(plain.data ? plain.data : "", pairs[i][0], plain.len);
	}
}

/* For tests/t/500_histogram.pl, which has another library decode it: the text, then count and
 * percentiles as this library sees them. */
static int print_for_others(void)
{
	static const double percentiles[] = {0.1, 10, 25, 50, 75, 90, 95, 99, 99.9, 100};
	_cleanup_free_ char *text = NULL;
	struct histogram *h = hour();
	struct rng rng;

	rng_init(&rng, 3, 0);
	for (int i = 0; i < 20000; i++)
		histogram_record_n(
		    h, rng_below(&rng, HIGHEST) >> rng_below(&rng, 42), 1 + rng_below(&rng, 9));
	histogram_record_n(h, 250000, UINT64_C(1) << 33);
	text = histogram_encode_base64(h, NULL);
	printf("%s\ncount %llu\n", text, (unsigned long long)histogram_count(h));
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
		printf("%g %llu\n", percentiles[i],
		    (unsigned long long)histogram_value_at_quantile(h, percentiles[i] / 100));
	histogram_free(h);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_value_is_kept_to_three_digits),
	    cmocka_unit_test(quantiles_are_those_of_the_sorted_values),
	    cmocka_unit_test(an_empty_histogram_has_no_figures),
	    cmocka_unit_test(values_above_the_range_are_counted_as_saturated),
	    cmocka_unit_test(impossible_ranges_are_refused),
	    cmocka_unit_test(adding_keeps_every_count),
	    cmocka_unit_test(what_is_encoded_decodes_to_the_same_counts),
	    cmocka_unit_test(another_librarys_histogram_reads_the_same),
	    cmocka_unit_test(damaged_text_is_refused),
	    cmocka_unit_test(base64_is_that_of_rfc_4648),
	};

	if (argc > 1 && strcmp(argv[1], "--print") == 0)
		return print_for_others();
	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
