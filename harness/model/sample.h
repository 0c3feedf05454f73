/*
 * sample: one op on one arm, as it happened; and samples.bin, the file of them.
 *
 * All times are nanoseconds since the start of the run (CLOCK_MONOTONIC):
 *
 *     due      the schedule wanted it sent (the transaction's due time for its first op; for a
 *              later op of a transaction, the completion of the one before it)
 *     picked   the generator took it from the schedule    lag      = picked - due   (our fault)
 *     sent     a session was free and it was written      queueing = sent - picked  (all sessions busy)
 *     done     the answer was complete                    service  = done - sent    (the database)
 *                                                         response = done - due     (the user)
 *
 * Every op of the schedule that fell due has exactly one sample per arm. One that got no answer
 * has status SAMPLE_UNFINISHED and done = the moment it was given up, so its response time is a
 * lower bound.
 *
 * samples.bin: a 64-byte header (struct sample_header) and then 48-byte records in the order of
 * completion, native little-endian. The number of records is the size of the file: a killed run
 * leaves a readable file.
 */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum arm {
	ARM_BASELINE = 0,
	ARM_CANDIDATE = 1,
	N_ARMS = 2,
};
const char *arm_name(enum arm arm); /* "baseline", "candidate" */

enum sample_status {
	SAMPLE_OK = 0,
	SAMPLE_ERROR = 1,      /* the server answered with an error: sqlstate */
	SAMPLE_UNFINISHED = 2, /* no answer: cancelled at the end, or the connection was lost */
	SAMPLE_SKIPPED = 3,    /* an earlier op of its transaction failed, so it was not sent */
};

struct sample {
	uint64_t due_ns, picked_ns, sent_ns, done_ns;
	uint32_t op;        /* number in the schedule: the same on both arms, which makes the pair */
	uint16_t statement; /* index into run.statements */
	uint8_t arm;
	uint8_t status;
	uint32_t sqlstate; /* five characters, six bits each, as PostgreSQL's MAKE_SQLSTATE; 0 none */
	uint32_t rows;     /* rows returned or affected */
};

struct sample_header {
	char magic[16]; /* "pgrehearse-samp1" */
	uint32_t record_bytes;
	uint32_t n_statements;
	uint64_t reserved[5];
};

/* What a writer puts at the start of the file. */
struct sample_header sample_header_make(uint32_t n_statements);

uint32_t sqlstate_pack(const char sqlstate[5]);
void sqlstate_unpack(uint32_t packed, char out[6]);

static inline uint64_t sample_service_ns(const struct sample *s)
{
	return s->done_ns - s->sent_ns;
}
static inline uint64_t sample_response_ns(const struct sample *s)
{
	return s->done_ns - s->due_ns;
}
static inline uint64_t sample_lag_ns(const struct sample *s)
{
	return s->picked_ns - s->due_ns;
}

/* A read-only view of samples: mapped from a file or borrowed from memory. */
struct samples {
	const struct sample *items;
	size_t n;
	void *map; /* NULL when borrowed */
	size_t map_bytes;
};

/* Refuses a file of another version and damaged records; a partial record at the end, which a
 * killed run leaves, is ignored. */
int samples_open(const char *path, struct samples *ret, struct err *err);
void samples_release(struct samples *samples);

#endif
