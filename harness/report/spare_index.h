/*
 * spare_index: existing indexes that the rehearsed workload does not need, and what dropping one
 * would save: its bytes, and the entries that the replay made it write. And whom an index serves.
 */
#ifndef REPORT_SPARE_INDEX_H
#define REPORT_SPARE_INDEX_H

#include "base/buf.h"
#include "model/run.h"

#include <stdbool.h>

/* It exists on both arms, and is invalid, or superfluous beside another, or in no plan and no scan;
 * and it enforces nothing. */
bool index_is_spare(const struct run_index *index);

/* "never used; dropping it saves 9.4 MiB and its part in 1200 row versions that the replay wrote" */
void index_add_saving(struct buf *out, const struct run *run, const struct run_index *index);

/* Made or dropped by the change; or on both arms, but of another size at the end: rebuilt. */
bool index_is_changed(const struct run_index *index);

/* "customer timeline, open orders and 3 more", "no statement"; names as they are. */
void index_add_users(struct buf *out, const struct run_index *index);

#endif
