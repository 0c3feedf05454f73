/*
 * write_trial: some calls of one statement that writes, each undone, with or without one index.
 *
 *     struct write_trial with = {0}, without = {0};
 *     write_trial_run(subject, arm, NULL, first, &with, &err);
 *     write_trial_run(subject, arm, "public.orders_status", first, &without, &err);
 *     write_trial_release(&with);
 */
#ifndef MEASURE_WRITE_TRIAL_H
#define MEASURE_WRITE_TRIAL_H

#include "measure/plan_subject.h"

#define WRITE_TRIAL_CALLS 8

/* Rows of one table over all calls of the trial. */
struct written_table {
	char *name; /* schema.table; of partitions the root's */
	double rows, updated, hot_updated;
};

struct write_trial {
	double wal_bytes[WRITE_TRIAL_CALLS]; /* NAN for a call that failed */
	struct strv targets; /* unqualified, of the ModifyTable nodes: what the figures are about */
	struct written_table *tables;
	size_t n_tables, cap_tables;
};

/* The calls of the ordinals from `first` on. When the whole trial is impossible (the index cannot be
 * dropped, a timeout) it returns 1 and the trial is empty; negative when the server is gone or we
 * are to stop. */
int write_trial_run(struct subject *s, int arm, const char *without_index, uint64_t first,
    struct write_trial *ret, struct err *err);
void write_trial_release(struct write_trial *trial);

/* NULL when the trial wrote no row of it, or not by the statement's own hand. */
const struct written_table *write_trial_table(const struct write_trial *trial, const char *name);

#endif
