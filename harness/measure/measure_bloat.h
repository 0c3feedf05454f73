/*
 * measure_bloat: how bloated the B-trees of both arms are at the end: run_index_arm.bloat.
 *
 * By pgstatindex where the extension pgstattuple is installed, or may be (install: on a server of our
 * own; a staging server's clones get no extension that staging does not have). It reads the
 * whole index, so one that takes long, and all that are left when time is up, are estimated; see
 * bloat.h. Partitions are added up under their root.
 */
#ifndef MEASURE_MEASURE_BLOAT_H
#define MEASURE_MEASURE_BLOAT_H

#include "model/run.h"
#include "pg/db.h"

/* After measure_end, whose VACUUM brought the counts of rows up to date. Never fails: what is not
 * known stays NAN. */
void measure_bloat(struct db *const arms[N_ARMS], bool install, struct run *run);

#endif
