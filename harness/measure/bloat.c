#include "measure/bloat.h"

#include <math.h>

#define PAGE_HEADER      24.0
#define BTREE_SPECIAL    16.0
#define TUPLE_HEADER     8.0
#define NULL_BITMAP      8.0 /* of up to 32 columns, with its padding */
#define LINE_POINTER     4.0
#define TID_BYTES        6.0
#define POSTING_SHARE    0.10 /* of a block, at most */
#define INTERNAL_FILLING 0.70 /* BTREE_NONLEAF_FILLFACTOR */

static double aligned(double bytes)
{
	return ceil(bytes / 8) * 8;
}

/* Leaf tuples, each of one key with one row or, deduplicated, with several. */
static void count_tuples(const struct btree_statistics *s, double *ret_tuples, double *ret_bytes)
{
	double key = aligned(TUPLE_HEADER + NULL_BITMAP * s->null_share + s->width_bytes);
	double most = floor(s->block_bytes * POSTING_SHARE / 8) * 8 - LINE_POINTER;
	double room = floor((most - key) / TID_BYTES);
	double rows = fmin(s->duplicates, fmax(room, 1));

	if (!(rows > 1))
		rows = 1;
	*ret_tuples = s->rows / rows;
	*ret_bytes = (rows > 1 ? aligned(key + TID_BYTES * rows) : key) + LINE_POINTER;
}

double bloat_ideal_pages(const struct btree_statistics *s)
{
	double room = s->block_bytes - PAGE_HEADER - BTREE_SPECIAL;
	double pivot = aligned(TUPLE_HEADER + s->width_bytes) + LINE_POINTER;
	double fanout = fmax(floor(room * INTERNAL_FILLING / pivot), 2);
	double tuples, bytes, level, pages;

	if (!(s->rows > 0) || !(s->width_bytes > 0))
		return s->rows == 0 ? 1 : NAN;
	count_tuples(s, &tuples, &bytes);
	level = ceil(tuples / fmax(floor(room * s->fillfactor / bytes), 1));
	pages = 1 + level;
	while (level > 1) {
		level = ceil(level / fanout);
		pages += level;
	}
	return pages;
}

double bloat_packed_pages(const struct btree_pages *pages)
{
	double full = fmin(pages->leaf_density / pages->fillfactor, 1);

	return 1 + pages->internal + (pages->leaf > 0 ? ceil(pages->leaf * full) : 0);
}

double bloat_share(double needed_pages, double pages)
{
	if (!(pages > 0) || isnan(needed_pages))
		return NAN;
	return fmax(1 - needed_pages / pages, 0);
}
