#include "model/run_plan.h"

#include "base/mem.h"
#include "model/fields.h"

#include <math.h>
#include <string.h>

#define N_SEVERITIES (PLAN_HARMFUL + 1)

static const char *const severity_names[N_SEVERITIES] = {
    [PLAN_BETTER] = "better",
    [PLAN_NEUTRAL] = "neutral",
    [PLAN_MIXED] = "mixed",
    [PLAN_HARMFUL] = "harmful",
};

static const struct field plan_fields[] = {
    FIELD(INT, run_plan, rank),
    FIELD(INT, run_plan, of),
    FIELD(INT, run_plan, vector),
    FIELD(AMOUNT, run_plan, share),
    FIELD(TEXT, run_plan, hash),
    FIELD(AMOUNT, run_plan, cost),
    FIELD(AMOUNT, run_plan, rows),
    FIELD(AMOUNT, run_plan, actual_rows),
    FIELD(AMOUNT, run_plan, buffers),
    FIELD(AMOUNT, run_plan, wal_bytes),
    FIELD(AMOUNT, run_plan, exec_seconds),
    FIELD(BOOL, run_plan, timed_out),
    FIELD(BOOL, run_plan, unstable),
    FIELD(TEXT, run_plan, error),
    FIELD(TEXT, run_plan, json),
    {0},
};

static const struct field change_fields[] = {
    FIELD(NAME, run_plan_change, kind),
    FIELD(TEXT, run_plan_change, object),
    FIELD(TEXT, run_plan_change, text),
    FIELD(INT, run_plan_change, rank),
    FIELD(INT, run_plan_change, of),
    FIELD(AMOUNT, run_plan_change, share),
    FIELD(AMOUNT, run_plan_change, cost_ratio),
    FIELD(AMOUNT, run_plan_change, buffers_ratio),
    {0},
};

const char *plan_severity_name(enum plan_severity severity)
{
	return severity_names[severity];
}

struct run_plan *run_plans_add(struct run_plans *plans)
{
	GROW(plans->items, plans->n, plans->cap);
	plans->items[plans->n] = (struct run_plan){
	    .share = NAN,
	    .cost = NAN,
	    .rows = NAN,
	    .actual_rows = NAN,
	    .buffers = NAN,
	    .wal_bytes = NAN,
	    .exec_seconds = NAN,
	};
	return &plans->items[plans->n++];
}

void run_plans_release(struct run_plans *plans)
{
	for (size_t i = 0; i < plans->n; i++)
		fields_release(&plans->items[i], plan_fields);
	free(plans->items);
	*plans = (struct run_plans){0};
}

void run_plan_changes_release(struct run_plan_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		fields_release(&changes->items[i], change_fields);
	free(changes->items);
	*changes = (struct run_plan_changes){0};
}

const char *run_plan_json(const struct run_plans *plans, size_t i)
{
	const char *hash = i < plans->n ? plans->items[i].hash : NULL;

	if (!hash)
		return NULL;
	if (plans->items[i].json)
		return plans->items[i].json;
	for (size_t k = 0; k < i; k++)
		if (plans->items[k].json && strcmp(plans->items[k].hash, hash) == 0)
			return plans->items[k].json;
	return NULL;
}

char *run_plan_where(int rank, int of)
{
	if (rank > 0)
		return xasprintf("vector %d of %d by cost", rank, of);
	return xstrdup("the generic plan");
}

static void load_plan(struct json_reader *r, const json_t *object, void *ctx)
{
	fields_load(r, object, run_plans_add(ctx), plan_fields);
}

void run_plans_load(
    struct json_reader *r, const json_t *object, const char *key, struct run_plans *ret)
{
	json_each(r, object, key, load_plan, ret);
}

json_t *run_plans_to_json(const struct run_plans *plans)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plans->n; i++) {
		json_t *object = json_object();

		fields_save(object, &plans->items[i], plan_fields);
		json_array_append_new(array, object);
	}
	return array;
}

static void load_change(struct json_reader *r, const json_t *object, void *ctx)
{
	struct run_plan_changes *changes = ctx;
	struct run_plan_change *change;

	GROW(changes->items, changes->n, changes->cap);
	change = &changes->items[changes->n++];
	*change = (struct run_plan_change){0};
	fields_load(r, object, change, change_fields);
	json_need_string(r, object, "severity");
	change->severity = (enum plan_severity)json_get_choice(
	    r, object, "severity", severity_names, N_SEVERITIES, PLAN_NEUTRAL);
}

void run_plan_changes_load(
    struct json_reader *r, const json_t *object, const char *key, struct run_plan_changes *ret)
{
	json_each(r, object, key, load_change, ret);
}

json_t *run_plan_changes_to_json(const struct run_plan_changes *changes)
{
	json_t *array = json_array();

	for (size_t i = 0; i < changes->n; i++) {
		json_t *object = json_object();

		fields_save(object, &changes->items[i], change_fields);
		json_object_set_new(
		    object, "severity", json_string(plan_severity_name(changes->items[i].severity)));
		json_array_append_new(array, object);
	}
	return array;
}
