/*
 * bloat: how many pages a B-tree needs, and what share of those it has it could do without. Pure.
 *
 * Two sources. pgstatindex (of the extension pgstattuple) reads every page and knows how full the leaf
 * pages are. Without it the size of a fresh build is computed from statistics: rows, widths and
 * null fractions of pg_stats, with the layout of src/include/access/itup.h and nbtree.h:
 *
 *     tuple   = 8 bytes, 8 more for a null bitmap, the columns, rounded up to 8; a line pointer of 4
 *     leaf    = (block - 24 (header) - 16 (special)) * fillfactor / tuple
 *     above   = a pivot tuple per page below, pages filled to 70%; one meta page
 *
 * as the queries that DBAs use do (ioguix/pgsql-bloat-estimation, check_postgres), which leave out the
 * pages above the leaves and deduplication. Since PostgreSQL 13 equal keys share a posting list, of at
 * most a tenth of a block in a fresh build (nbtsort.c). Their number is known for one column alone, so
 * the size of an index over several columns that repeat is estimated too high and its bloat too low.
 */
#ifndef MEASURE_BLOAT_H
#define MEASURE_BLOAT_H

#include <stdbool.h>

struct btree_statistics {
	double block_bytes;
	double rows;
	double fillfactor;  /* 0..1 */
	double width_bytes; /* of all columns together, null ones counted as 0 */
	double null_share;  /* of rows with a null in at least one column */
	double duplicates;  /* rows per distinct key where the index deduplicates; else 1 */
};
/* Pages of a fresh build. */
double bloat_ideal_pages(const struct btree_statistics *statistics);

/* As pgstatindex says it; leaf_density is 0..1. */
struct btree_pages {
	double leaf, internal, leaf_density, fillfactor;
};
double bloat_packed_pages(const struct btree_pages *pages);

/* 1 - needed / pages, at least 0; NAN when not known. */
double bloat_share(double needed_pages, double pages);

#endif
