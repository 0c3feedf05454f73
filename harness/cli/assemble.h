/*
 * assemble: what the earlier stages know, put into an empty run record.
 */
#ifndef CLI_ASSEMBLE_H
#define CLI_ASSEMBLE_H

#include "model/run.h"
#include "model/vectors.h"
#include "model/workload.h"
#include "stage/hypothetical.h"

/* "20260504_093012_a1b2": UTC and four random hexadecimal digits; caller frees. */
char *assemble_run_id(void);

/* Statements in the order of vectors (the sample's statement numbers), then the skipped ones;
 * coverage and shares. workload gives the normalised texts and may be NULL. */
void assemble_statements(
    const struct vectors *vectors, const struct workload *workload, struct run *run);

/* Append to each text the comment by which measure/ finds its counters. */
void assemble_markers(struct vectors *vectors);

/* A deep copy, for the run record. */
void assemble_thresholds(const struct gate *gate, struct run *run);
/* Sizes that HypoPG foretold, into the indexes of the record. nothing_built: a what-if alone, whose
 * indexes are added and whose dropped ones are marked. */
void assemble_forecast(const struct hypothetical *what_if, bool nothing_built, struct run *run);
void assemble_source(const struct workload_source *from, struct workload_source *into);

#endif
