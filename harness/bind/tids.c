#include "bind/tids.h"

#include "base/buf.h"

#include <inttypes.h>
#include <math.h>

#define MAX_LINE     291 /* MaxHeapTuplesPerPage of 8 kB blocks */
#define UNKNOWN_ROWS 60  /* per block, where the table was never analysed */

static double rows_per_block(const struct catalog_leaf *leaf)
{
	return leaf->rows > 0 ? leaf->rows / leaf->blocks : UNKNOWN_ROWS;
}

static uint64_t line_range(const struct catalog_leaf *leaf)
{
	return (uint64_t)fmin(MAX_LINE, ceil(rows_per_block(leaf) * 1.25) + 3);
}

double tids_hit_share(const struct catalog_leaf *leaf)
{
	return fmin(1, rows_per_block(leaf) / (double)line_range(leaf));
}

char *tids_draw(struct rng *rng, const struct catalog_leaf *leaf, size_t n)
{
	struct buf out = BUF_INIT;
	uint64_t lines = line_range(leaf), blocks = (uint64_t)leaf->blocks;

	buf_addc(&out, '{');
	for (size_t i = 0; i < n; i++) {
		uint64_t block = rng_below(rng, blocks), line = 1 + rng_below(rng, lines);
		buf_addf(&out, "%s\"(%" PRIu64 ",%" PRIu64 ")\"", i ? "," : "", block, line);
	}
	buf_addc(&out, '}');
	return buf_detach(&out);
}

const struct catalog_leaf *tids_leaf(struct rng *rng, const struct catalog_table *table)
{
	double total = 0, at;

	for (size_t i = 0; i < table->n_leaves; i++)
		total += table->leaves[i].blocks;
	at = rng_uniform(rng) * total;
	for (size_t i = 0; i + 1 < table->n_leaves; i++) {
		if (at < table->leaves[i].blocks)
			return &table->leaves[i];
		at -= table->leaves[i].blocks;
	}
	return &table->leaves[table->n_leaves - 1];
}
