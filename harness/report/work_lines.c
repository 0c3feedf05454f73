#include "report/work_lines.h"

#include <math.h>

static double touched(const struct work *work)
{
	return work_touched(work);
}
static double blocks_read(const struct work *work)
{
	return work->shared_read;
}
static double dirtied(const struct work *work)
{
	return work->shared_dirtied;
}
static double temp(const struct work *work)
{
	return work->temp_read + work->temp_written;
}
static double wal_bytes(const struct work *work)
{
	return work->wal_bytes;
}
static double wal_records(const struct work *work)
{
	return work->wal_records;
}
static double wal_fpi(const struct work *work)
{
	return work->wal_fpi;
}
static double rows(const struct work *work)
{
	return work->rows;
}

static const struct {
	const char *label;
	const char *metric;
	enum metric_unit unit;
	double (*total)(const struct work *work);
} lines[] = {
    {"blocks", "buffers.touched_per_call", UNIT_NONE, touched},
    {"WAL records", "wal.records_per_call", UNIT_NONE, wal_records},
    {"WAL with page images", "wal.bytes_per_call", UNIT_BYTES, wal_bytes},
    {"temp blocks", "buffers.temp_per_call", UNIT_NONE, temp},
    {"blocks dirtied", "buffers.dirtied_per_call", UNIT_NONE, dirtied},
    {"blocks read", "buffers.read_per_call", UNIT_NONE, blocks_read},
    {"full-page images", "wal.fpi_per_call", UNIT_NONE, wal_fpi},
    {"rows", "rows_per_call", UNIT_NONE, rows},
};
_Static_assert(sizeof(lines) / sizeof(lines[0]) <= WORK_LINES_MAX, "work_lines() fills an array");

size_t work_lines(
    const struct run_statement *statement, bool cost_only, struct work_line ret[WORK_LINES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct work_line line = {lines[i].label, lines[i].metric, lines[i].unit, {NAN, NAN}};
		bool known = false, zero = true;

		for (enum arm arm = 0; arm < N_ARMS; arm++) {
			const struct work *work = &statement->arms[arm].work;

			line.per_call[arm] = work_per_call(work, lines[i].total(work));
			known |= isfinite(line.per_call[arm]) != 0;
			zero &= !(line.per_call[arm] > 0);
		}
		if (known && !(cost_only && zero))
			ret[n++] = line;
	}
	return n;
}
