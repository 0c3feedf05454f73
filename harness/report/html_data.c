/*
 * The series of the charts, as one JSON document inside the page. "<" is written as an escape, so
 * that no text can end the script element, and so are U+2028 and U+2029.
 */
#include "report/html_parts.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "measure/histogram.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* Points per decade of 1/(1-q), and decades: up to the 99.9999th percentile. */
#define STEPS       16
#define DECADES     6
#define N_QUANTILES (STEPS * DECADES + 1)
/* Statements that have a curve of their own: the largest ones. */
#define MAX_CURVES  100

/* q of the step: evenly spaced on the axis of an HDR percentile plot, log10(1/(1-q)). */
static double quantile_of(size_t step)
{
	return 1 - pow(10, -(double)step / STEPS);
}

/* Seconds at each quantile; null where fewer than one value lies beyond. */
static json_t *curve(const struct histogram *h)
{
	json_t *points = json_array();
	const double n = h ? (double)histogram_count(h) : 0;

	for (size_t i = 0; i < N_QUANTILES; i++) {
		const double q = quantile_of(i);

		if (n * (1 - q) < 0.999)
			json_array_append_new(points, json_null());
		else
			json_array_append_new(
			    points, json_real((double)histogram_value_at_quantile(h, q) / (double)NS_PER_S));
	}
	return points;
}

static const struct latency *latency_of(const struct run_statement *s, enum arm arm, bool response)
{
	return response ? &s->arms[arm].response : &s->arms[arm].service;
}

static json_t *curve_of_one(const struct run_statement *s, enum arm arm, bool response)
{
	const char *text = latency_of(s, arm, response)->histogram;
	struct histogram *h = text ? histogram_decode_base64(text, NULL) : NULL;
	json_t *points = curve(h);

	histogram_free(h);
	return points;
}

static json_t *curve_of_all(const struct run *run, enum arm arm, bool response)
{
	struct histogram *all = histogram_new(1, 3600 * NS_PER_S, 3, NULL);
	json_t *points;

	for (size_t i = 0; i < run->n_replayed; i++) {
		const char *text = latency_of(&run->statements[i], arm, response)->histogram;
		struct histogram *h = text ? histogram_decode_base64(text, NULL) : NULL;

		if (h)
			histogram_add(all, h);
		histogram_free(h);
	}
	points = curve(all);
	histogram_free(all);
	return points;
}

static json_t *curves(const struct run *run, const struct run_statement *s)
{
	json_t *both = json_object();

	for (int response = 0; response < 2; response++) {
		json_t *arms = json_object();

		for (enum arm arm = 0; arm < N_ARMS; arm++)
			json_object_set_new(arms, arm_name(arm),
			    s ? curve_of_one(s, arm, response) : curve_of_all(run, arm, response));
		json_object_set_new(both, response ? "response" : "service", arms);
	}
	return both;
}

static json_t *distributions(const struct run *run)
{
	json_t *list = json_array();
	json_t *all = curves(run, NULL);

	json_object_set_new(all, "name", json_string("all statements"));
	json_array_append_new(list, all);
	for (size_t i = 0; i < run->n_replayed && i < MAX_CURVES; i++) {
		json_t *one = curves(run, &run->statements[i]);

		json_object_set_new(one, "name", json_text(run->statements[i].name));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *slice_column(const struct run *run, enum arm arm, size_t offset)
{
	json_t *column = json_array();

	for (size_t i = 0; run->slices[arm] && i < run->n_slices; i++) {
		double value;

		memcpy(&value, (const char *)&run->slices[arm][i] + offset, sizeof(value));
		json_array_append_new(column, json_number(value));
	}
	return column;
}

static json_t *slices(const struct run *run)
{
	static const struct {
		const char *name;
		size_t offset;
	} columns[] = {
	    {"start_s", offsetof(struct run_slice, start_s)},
	    {"ok", offsetof(struct run_slice, ok)},
	    {"errors", offsetof(struct run_slice, errors)},
	    {"p50", offsetof(struct run_slice, p50)},
	    {"p95", offsetof(struct run_slice, p95)},
	    {"p99", offsetof(struct run_slice, p99)},
	    {"max", offsetof(struct run_slice, max)},
	    {"lag_p99", offsetof(struct run_slice, lag_p99)},
	    {"lag_max", offsetof(struct run_slice, lag_max)},
	};
	json_t *arms = json_object();

	for (enum arm arm = 0; arm < N_ARMS; arm++) {
		json_t *one = json_object();

		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			json_object_set_new(one, columns[i].name, slice_column(run, arm, columns[i].offset));
		json_object_set_new(arms, arm_name(arm), one);
	}
	return arms;
}

static void add_escaped(struct buf *out, const char *json)
{
	for (; *json; json++) {
		if (*json == '<')
			buf_adds(out, "\\u003c");
		else if (strncmp(json, "\xe2\x80\xa8", 3) == 0 || strncmp(json, "\xe2\x80\xa9", 3) == 0) {
			buf_addf(out, "\\u202%c", json[2] == '\xa8' ? '8' : '9');
			json += 2;
		} else
			buf_addc(out, *json);
	}
}

void html_data(const struct run *run, struct buf *out)
{
	json_t *root = json_object(), *steps = json_array();
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < N_QUANTILES; i++)
		json_array_append_new(steps, json_real((double)i / STEPS));
	json_object_set_new(root, "nines", steps);
	json_object_set_new(root, "distributions", distributions(run));
	json_object_set_new(root, "slices", slices(run));
	json_object_set_new(root, "warmup_s", json_number(run->generator.warmup_s));
	json_object_set_new(root, "offered_rate", json_number(run->generator.offered_rate));
	text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(root);
	add_escaped(out, text ? text : "{}");
}
