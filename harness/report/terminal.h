/*
 * terminal: what the two halves of the terminal summary share: terminal.c (verdict, statements,
 * checks) and terminal_cost.c (the change, its indexes and writes, and the run).
 */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include "base/buf.h"
#include "model/run.h"

#include <stdbool.h>
#include <stddef.h>

#define TERMINAL_BOLD  "\033[1m"
#define TERMINAL_RESET "\033[0m"

struct terminal {
	struct buf *out;
	size_t width;
	size_t name_columns; /* of a statement, table or index */
	size_t work_columns; /* what is left to the right; 0 when there is no room */
	bool colour;
};

void terminal_coloured(const struct terminal *t, const char *colour, const char *s);
void terminal_heading(const struct terminal *t, const char *title);
void terminal_paragraph(const struct terminal *t, size_t indent, const char *text);

/* The changes as they ran, index facts, what the tables' writes cost. */
void terminal_cost(const struct terminal *t, const struct run *run);
/* Generator, disturbances, what was not replayed. */
void terminal_run(const struct terminal *t, const struct run *run);

#endif
