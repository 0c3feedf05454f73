/*
 * logged_values: values that clients really sent, statement by statement, taken from a server's log.
 *
 * They are production's data: the file has mode 0600, is made only when asked for, and is no part
 * of workload.json. A statement is told by its normalised text, which a workload has too.
 *
 *     {"format": "pgrehearse-samples/1", "seed": 42,
 *      "statements": [{"name": "...", "text": "SELECT ... $1", "parameters": 1,
 *                      "seen": 4711, "rows": [["17"], [null]]}]}
 *
 * A row has the values of $1, $2, ... of the text as the server would print them; null is SQL NULL.
 * The rows are a uniform sample of the calls seen.
 */
#ifndef MODEL_LOGGED_VALUES_H
#define MODEL_LOGGED_VALUES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define LOGGED_VALUES_FORMAT "pgrehearse-samples/1"

struct logged_statement {
	char *name; /* of the workload's statement, for readers */
	char *text;
	size_t n_values; /* per row: the highest $n of the text */
	int n_sent;      /* $1 ... were sent as parameters, the rest stood in the text; -1: it varied */
	double seen;     /* calls with values */
	char **values;   /* n_rows * n_values, row-major; NULL is SQL NULL */
	size_t n_rows, cap_rows;
};

struct logged_values {
	uint64_t seed;
	struct logged_statement *statements;
	size_t n, cap;
};

int logged_values_load(const char *path, struct logged_values *ret, struct err *err);
int logged_values_save(
    const struct logged_values *samples, const char *path, struct err *err); /* mode 0600 */
void logged_values_release(struct logged_values *samples);
/* The one for a normalised text, or NULL; samples may be NULL. */
const struct logged_statement *logged_values_find(
    const struct logged_values *samples, const char *text);

#endif
