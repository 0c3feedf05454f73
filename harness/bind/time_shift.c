#include "bind/time_shift.h"

#include "bind/literal.h"
#include "bind/types.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/time_shift.h"
#include "sql/clock.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_AGE_S    3600
#define FUTURE_S       3600 /* clocks differ, and rows may be dated a little ahead */
#define READ_TIMEOUT   "1s" /* of one column's maximum */
#define READ_BUDGET_NS (5 * NS_PER_S)

struct search {
	struct bind_run *run;
	struct strv columns; /* that statements look back on, whatever their table */
	struct strv tables;
	size_t n_reading; /* statements that read the clock */
	uint64_t deadline_ns;
	double stamp_age, date_age; /* seconds; INFINITY when nothing told */
};

static void look_at_statement(struct search *s, const struct statement *statement)
{
	bool reads = false;

	if (statement->skip_reason || sql_clock_columns(statement->text, &reads, &s->columns, NULL) < 0)
		return;
	s->n_reading += reads;
}

static void add_tables(struct search *s, const struct workload *workload)
{
	for (size_t i = 0; i < workload->n_statements; i++) {
		const struct strv *tables = &workload->statements[i].tables;
		for (size_t t = 0; t < tables->n; t++)
			if (!strv_contains(&s->tables, tables->items[t]))
				strv_add(&s->tables, tables->items[t]);
	}
}

/* How long ago, as an expression over the newest value. A date lasts to its end; what has no time
 * zone is in the one that sessions get. */
static char *age_expression(uint32_t type, const char *newest)
{
	static const char zone[] =
	    "AT TIME ZONE (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone')";

	if (type == TYPE_TIMESTAMPTZ)
		return xasprintf("extract(epoch FROM now() - %s)", newest);
	if (type == TYPE_TIMESTAMP)
		return xasprintf("extract(epoch FROM now() - (%s %s))", newest, zone);
	return xasprintf("extract(epoch FROM now() - ((%s + 1)::timestamp %s))", newest, zone);
}

static double read_age(struct bind_run *run, const char *sql)
{
	struct db_rows *rows = NULL;
	double age;

	if (db_exec(run->db, "BEGIN READ ONLY; SET LOCAL statement_timeout = '" READ_TIMEOUT "'",
	        NULL) == 0)
		rows = db_queryv(run->db, sql, 0, NULL, NULL);
	age = rows && db_rows_count(rows) == 1 ? db_double(rows, 0, 0) : NAN;
	db_rows_free(rows);
	db_exec(run->db, "ROLLBACK", NULL);
	return age;
}

/* The maximum: a look into an index, or a scan while there is time for one. */
static double age_of_rows(
    struct search *s, const struct catalog_table *table, const char *column, uint32_t type)
{
	_cleanup_free_ char *newest = xasprintf("max(%s)", column);
	_cleanup_free_ char *age = age_expression(type, newest);
	_cleanup_free_ char *sql = xasprintf("SELECT %s FROM %s", age, table->name);

	return clock_now_ns(&clock_monotonic) < s->deadline_ns ? read_age(s->run, sql) : NAN;
}

/* The end of the histogram: of some 30,000 rows the newest. */
static double age_of_statistics(
    struct search *s, const struct catalog_table *table, const char *name, uint32_t type)
{
	static const char *const types[] = {"date", "timestamp", "timestamptz"};
	const char *type_name = types[type == TYPE_DATE ? 0 : type == TYPE_TIMESTAMP ? 1 : 2];
	_cleanup_free_ char *age = age_expression(type, "max(v)");
	_cleanup_free_ char *literal = db_quote_literal(name);
	_cleanup_free_ char *sql =
	    xasprintf("SELECT %s FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_class c"
	              " ON c.relname = s.tablename AND c.relnamespace::regnamespace::text = "
	              "quote_ident(s.schemaname),"
	              " unnest(s.histogram_bounds::text::%s[]) v WHERE c.oid = %u AND s.attname = %s",
	        age, type_name, (unsigned)table->oid, literal);

	return read_age(s->run, sql);
}

static void look_at_column(
    struct search *s, const struct catalog_table *table, const char *name, uint32_t type)
{
	_cleanup_free_ char *column = db_quote_ident(name);
	double *best = type == TYPE_DATE ? &s->date_age : &s->stamp_age;
	double age = age_of_rows(s, table, column, type);

	if (isnan(age))
		age = age_of_statistics(s, table, name, type);
	/* The last day of a date is not over. */
	if (isnan(age) || age < (type == TYPE_DATE ? -86400 : -FUTURE_S))
		return;
	*best = fmin(*best, fmax(age, 0));
}

/* pg_get_expr()'s forms of the clock alone, with or without a cast or a time zone. */
static const char columns_sql[] =
    "SELECT a.attname, a.atttypid FROM pg_catalog.pg_attribute a"
    " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped"
    " AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)"
    " AND (a.attname = ANY ($2::text[]) OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~* '^[(]*"
    "(timezone[(][^,]*, *)?((now|transaction_timestamp|statement_timestamp|clock_timestamp)[(][)]|"
    "current_timestamp|current_date|localtimestamp)([(][0-9][)])?[)]*(::[a-z ]+)*[)]*$')"
    " ORDER BY a.attnum";

static int look_at_table(
    struct search *s, const char *written, const char *columns, struct err *err)
{
	const struct catalog_table *table = catalog_table(s->run->catalog, written, err);
	struct db_rows *rows;
	char oid[16];

	if (!table)
		return err->code;
	if (table->kind != 'r' && table->kind != 'p')
		return 0;
	snprintf(oid, sizeof(oid), "%u", (unsigned)table->oid);
	rows = db_query(s->run->db, err, columns_sql, oid, columns);
	if (!rows)
		return err->code;
	for (int i = 0; i < db_rows_count(rows); i++)
		look_at_column(s, table, db_text(rows, i, 0), (uint32_t)db_int(rows, i, 1));
	db_rows_free(rows);
	return 0;
}

static void tell(const struct search *s, const struct progress *progress)
{
	double age = isfinite(s->stamp_age) ? s->stamp_age : s->date_age;
	_cleanup_free_ char *words = time_shift_format(isfinite(age) ? age : 0);

	if (!isfinite(age))
		progress_say(progress, PROGRESS_NOTE,
		    "%zu statements read the clock, and no column tells how old staging is: their clock "
		    "is left alone",
		    s->n_reading);
	else if (s->run->time_shift_s > 0)
		progress_say(progress, PROGRESS_NOTE,
		    "the newest rows of staging are %s old: the clock of %zu statements is moved back",
		    words, s->n_reading);
}

static int find(struct search *s, const struct workload *workload, struct err *err)
{
	_cleanup_free_ char *columns =
	    literal_array((const char *const *)s->columns.items, s->columns.n);
	double age;

	add_tables(s, workload);
	for (size_t i = 0; i < s->tables.n; i++)
		if (look_at_table(s, s->tables.items[i], columns, err) < 0)
			return err->code;
	age = isfinite(s->stamp_age) ? s->stamp_age : s->date_age;
	if (isfinite(age) && age > LEAST_AGE_S)
		s->run->time_shift_s = floor(age / 60) * 60;
	return 0;
}

int bind_time_shift(struct bind_run *run, const struct workload *workload,
    const struct progress *progress, struct err *err)
{
	struct search s = {.run = run, .stamp_age = INFINITY, .date_age = INFINITY};
	int rc = 0;

	run->time_shift_s = fmax(0, run->options->time_shift_s);
	if (run->options->time_shift_s >= 0)
		return 0;
	s.deadline_ns = clock_now_ns(&clock_monotonic) + READ_BUDGET_NS;
	for (size_t i = 0; i < workload->n_statements; i++)
		look_at_statement(&s, &workload->statements[i]);
	if (s.n_reading > 0) {
		rc = find(&s, workload, err);
		if (rc == 0)
			tell(&s, progress);
	}
	strv_release(&s.columns);
	strv_release(&s.tables);
	return rc;
}

char *time_shifted(const struct bind_run *run, const char *sql)
{
	_cleanup_free_ char *shift = xasprintf("%.0f seconds", run->time_shift_s);
	char *shifted = NULL;

	if (run->time_shift_s > 0 && sql_clock_shift(sql, shift, &shifted, NULL) < 0)
		return NULL;
	return shifted;
}
