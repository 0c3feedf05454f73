#include "report/change_risk.h"

#include "report/figures.h"
#include "report/text.h"

#include <ctype.h>
#include <string.h>

#define MAX_SQL 300

struct change_kind {
	const char *kind; /* run_change.kind */
	int concurrently; /* 1, 0, or -1: either */
	const char *availability;
	bool blocks; /* writes, or everything, for as long as it runs */
};

/* The first row that matches counts. */
static const struct change_kind change_kinds[] = {
    {"create index", 1,
        "takes SHARE UPDATE EXCLUSIVE: reads and writes go on; waits for transactions older than "
        "it, "
        "and a failure leaves an INVALID index to drop",
        false},
    {"create index", 0, "takes SHARE on the table: every write waits until it is built", true},
    {"drop index", 1, "takes SHARE UPDATE EXCLUSIVE: reads and writes go on", false},
    {"drop index", 0,
        "takes ACCESS EXCLUSIVE on the table for a moment, and queues everything behind it while "
        "it "
        "waits for running queries",
        true},
    {"reindex", 1,
        "takes SHARE UPDATE EXCLUSIVE: reads and writes go on; needs room for a second copy, and a "
        "failure leaves an INVALID _ccnew index to drop",
        false},
    {"reindex", 0,
        "takes SHARE on the table and ACCESS EXCLUSIVE on the index: writes wait, and so do reads "
        "that "
        "would use it",
        true},
    {"cluster", -1, "takes ACCESS EXCLUSIVE: nothing else touches the table until it is done",
        true},
    {"alter index", -1, "takes a short lock on the index, ACCESS EXCLUSIVE for most forms", false},
    {"create statistics", -1, "takes SHARE UPDATE EXCLUSIVE; works after the next ANALYZE", false},
    {"alter statistics", -1, "takes a short lock", false},
    {"drop statistics", -1, "takes a short lock", false},
    {"analyze", -1, "reads a sample of the table; reads and writes go on", false},
    {"vacuum", -1, "reads and writes go on (VACUUM FULL takes ACCESS EXCLUSIVE)", false},
    {"alter table", -1,
        "takes ACCESS EXCLUSIVE for most forms; set lock_timeout, and see whether it rewrites the "
        "table",
        true},
    {"setting", -1, "changes a setting: see which sessions it reaches, and when", false},
    {"", -1, "look up its locks before the change is approved", true},
};

/* The keyword on its own, not a part of a name. */
static bool is_concurrent(const struct run_change *change)
{
	const char word[] = "concurrently";
	const char *at = change->sql;

	while ((at = strcasestr(at, word))) {
		const char after = at[sizeof(word) - 1];

		if (at > change->sql && isspace((unsigned char)at[-1]) && isspace((unsigned char)after))
			return true;
		at++;
	}
	return false;
}

static const struct change_kind *kind_of(const struct run_change *change)
{
	const struct change_kind *row = change_kinds;

	while (
	    row->kind[0] && (strcmp(row->kind, change->kind ? change->kind : "") != 0 ||
	                        (row->concurrently >= 0 && row->concurrently != is_concurrent(change))))
		row++;
	return row;
}

static void add_availability(struct buf *out, const struct run *run)
{
	buf_adds(out, "**Availability**\n\n");
	for (size_t i = 0; i < run->n_changes; i++) {
		const struct run_change *change = &run->changes[i];

		buf_adds(out, "- ");
		text_markdown_code(out, change->sql, MAX_SQL);
		buf_addf(out, " %s. It took %s on the clone.\n", kind_of(change)->availability,
		    figure_seconds(change->seconds).text);
	}
	if (run->n_changes == 0)
		buf_adds(out, "- Nothing is changed.\n");
	for (size_t i = 0; i < run->n_checks; i++) {
		if (run->checks[i].outcome != OUTCOME_FAIL)
			continue;
		buf_adds(out, "- A threshold is breached: ");
		text_markdown(out, run->checks[i].why, MAX_SQL);
		buf_addc(out, '\n');
	}
}

static void add_integrity(struct buf *out, const struct run *run)
{
	double errors[N_ARMS] = {0};
	bool unique = false, constraint = false;

	for (size_t i = 0; i < run->n_replayed; i++)
		for (enum arm arm = 0; arm < N_ARMS; arm++)
			errors[arm] += run->statements[i].arms[arm].errors;
	for (size_t i = 0; i < run->n_indexes; i++) {
		unique |= run->indexes[i].role == INDEX_CREATED && run->indexes[i].is_unique;
		constraint |= run->indexes[i].role == INDEX_DROPPED && run->indexes[i].is_unique;
	}
	buf_adds(out, "\n**Integrity**\n\n");
	buf_addf(out, "- Failed operations in the rehearsal: %s without the change, %s with it.\n",
	    figure_count(errors[ARM_BASELINE]).text, figure_count(errors[ARM_CANDIDATE]).text);
	if (unique)
		buf_adds(out,
		    "- A new unique index rejects duplicates: staging had none, see that production "
		    "has none.\n");
	if (constraint)
		buf_adds(out, "- A unique index is dropped: nothing prevents duplicates any more.\n");
}

static void add_security(struct buf *out, const struct run *run)
{
	bool known = true;

	for (size_t i = 0; i < run->n_changes; i++)
		known &= kind_of(&run->changes[i])->kind[0] != '\0';
	buf_adds(out, "\n**Security**\n\n");
	if (known)
		buf_adds(out,
		    "- None of the statements grants a privilege or creates a function; they need "
		    "the rights of the owner of the table.\n");
	else
		buf_adds(out, "- Some statements are neither index nor maintenance commands: review what "
		              "they grant and to whom.\n");
	buf_adds(out, "- Statements and plans in this record are normalised: they hold no literals.\n");
}

void change_add_risks(struct buf *out, const struct run *run)
{
	buf_adds(out, "\n## 3. Risk\n\n");
	add_availability(out, run);
	add_integrity(out, run);
	add_security(out, run);
}

static void add_items(struct buf *out, const char *const *items)
{
	for (; *items; items++)
		buf_addf(out, "- [ ] %s\n", *items);
}

static void add_execution(struct buf *out, const struct run *run)
{
	bool blocks = false;

	for (size_t i = 0; i < run->n_changes; i++) {
		const struct run_change *change = &run->changes[i];

		blocks |= kind_of(change)->blocks;
		buf_adds(out, "- [ ] ");
		text_markdown_code(out, change->sql, MAX_SQL);
		buf_adds(out, is_concurrent(change) ? ", outside a transaction block\n" : "\n");
	}
	if (blocks)
		buf_adds(out,
		    "- [ ] A statement above blocks others: set `lock_timeout`, choose a quiet hour, "
		    "or use the CONCURRENTLY form (CREATE INDEX CONCURRENTLY)\n");
	buf_adds(
	    out, "- [ ] Watch `pg_stat_progress_create_index`, `pg_locks` and replica lag meanwhile\n");
}

void change_add_checklist(struct buf *out, const struct run *run)
{
	static const char *const before[] = {
	    "The verdict above is PASS, or the exception is approved",
	    "A tested backup exists, and the rollback below was read",
	    "Free disk space is at least twice the size of the new indexes",
	    "No transaction is older than a few minutes (`pg_stat_activity.xact_start`)",
	    "Replicas are in step, and the people on call know",
	    NULL,
	};
	static const char *const after[] = {
	    "Every new index is valid (`pg_index.indisvalid`) and is being scanned "
	    "(`pg_stat_user_indexes`)",
	    "ANALYZE of the tables with a new expression index",
	    "Latency and WAL rate compared with section 2 after an hour and after a day",
	    "pg_stat_statements captured again, so that the next rehearsal knows the new state",
	    NULL,
	};

	buf_adds(out, "\n## 5. Promotion\n\n**Before**\n\n");
	add_items(out, before);
	buf_adds(out, "\n**Execution**\n\n");
	add_execution(out, run);
	buf_adds(out, "\n**After**\n\n");
	add_items(out, after);
}

bool change_add_derived_rollback(struct buf *out, const struct run *run)
{
	_cleanup_buf_ struct buf sql = BUF_INIT;

	for (size_t i = 0; i < run->n_indexes; i++) {
		const struct run_index *index = &run->indexes[i];

		if (index->role == INDEX_CREATED)
			buf_addf(&sql, "DROP INDEX CONCURRENTLY %s;\n", index->name);
		else if (index->role == INDEX_DROPPED && index->definition)
			buf_addf(&sql, "%s;\n", index->definition);
	}
	if (out && sql.len > 0)
		text_markdown_block(out, "sql", sql.data, TEXT_WHOLE);
	return sql.len > 0;
}
