/* What workload.json says of the logs that were read. */
#include "model/workload.h"

#include "base/json.h"

#include <stddef.h>

static const struct figure {
	const char *key;
	size_t offset;
} figures[] = {
    {"entries", offsetof(struct workload_log, entries)},
    {"broken", offsetof(struct workload_log, broken)},
    {"calls", offsetof(struct workload_log, calls)},
    {"matched", offsetof(struct workload_log, matched)},
    {"unparsed", offsetof(struct workload_log, unparsed)},
    {"without_values", offsetof(struct workload_log, without_values)},
    {"transactions", offsetof(struct workload_log, transactions)},
    {"sessions", offsetof(struct workload_log, sessions)},
    {"seconds", offsetof(struct workload_log, seconds)},
    {"peak_per_s", offsetof(struct workload_log, peak_per_s)},
};
#define N_FIGURES (sizeof(figures) / sizeof(figures[0]))

void workload_log_load(struct json_reader *r, const json_t *object, struct workload_log *ret)
{
	*ret = (struct workload_log){.formats = json_dup_string(r, object, "formats")};
	for (size_t i = 0; i < N_FIGURES; i++)
		*(double *)((char *)ret + figures[i].offset) =
		    json_get_amount(r, object, figures[i].key, 0);
}

json_t *workload_log_to_json(const struct workload_log *log)
{
	json_t *object = json_object();

	json_object_set_new(object, "formats", json_text(log->formats ? log->formats : ""));
	for (size_t i = 0; i < N_FIGURES; i++)
		json_object_set_new(object, figures[i].key,
		    json_number(*(const double *)((const char *)log + figures[i].offset)));
	return object;
}
