#include "stage/hypothetical.h"

#include "base/mem.h"
#include "sql/sql.h"
#include "stage/clone.h"

#include <string.h>

static void leave_out(
    struct hypothetical *what_if, const struct sql_statement *statement, const char *why)
{
	strv_addf(&what_if->left_out, "line %d, %s: %s", statement->line,
	    sql_kind_name(statement->kind), why);
}

/* One that fails must not end the transaction. */
static struct db_rows *try_query(struct db *db, const char *sql, const char *value, struct err *err)
{
	struct db_rows *rows;

	if (db_exec(db, "SAVEPOINT pgrehearse", err) < 0)
		return NULL;
	rows = db_query(db, err, sql, value);
	db_exec(db,
	    rows ? "RELEASE SAVEPOINT pgrehearse"
	         : "ROLLBACK TO SAVEPOINT pgrehearse; RELEASE SAVEPOINT pgrehearse",
	    NULL);
	return rows;
}

/* The statement names its index, or the server would: <table>_<columns>_idx. HypoPG's own name
 * ("<13556>btree_orders_customer_id") serves where only the server knows. */
static const char *own_name(const struct sql_statement *statement, const char *invented)
{
	const char *name = statement->object;

	return name && name[0] ? name : invented;
}

static void create_index(struct hypothetical *what_if, const struct sql_statement *statement)
{
	struct err problem = {0};
	struct db_rows *made = try_query(
	    what_if->db, "SELECT indexrelid FROM hypopg_create_index($1)", statement->text, &problem);
	/* A second query: hypopg() lists what was there when its query began. */
	struct db_rows *rows = made && db_rows_count(made) == 1
	                           ? db_query(what_if->db, &problem,
	                                 "SELECT h.indexname, format('%I.%I', n.nspname, t.relname),"
	                                 " hypopg_get_indexdef(h.indexrelid),"
	                                 " hypopg_relation_size(h.indexrelid) FROM hypopg() h"
	                                 " JOIN pg_class t ON t.oid = h.indrelid"
	                                 " JOIN pg_namespace n ON n.oid = t.relnamespace"
	                                 " WHERE h.indexrelid = $1::oid",
	                                 db_text(made, 0, 0))
	                           : NULL;
	struct hypothetical_index *index;
	const char *name;

	db_rows_free(made);
	if (!rows || db_rows_count(rows) != 1) {
		leave_out(what_if, statement,
		    problem.message[0] ? problem.message : "HypoPG made no index of it");
		db_rows_free(rows);
		return;
	}
	name = own_name(statement, db_text(rows, 0, 0));
	strv_add(&what_if->names, db_text(rows, 0, 0));
	strv_add(&what_if->names, name);
	GROW(what_if->indexes, what_if->n, what_if->cap);
	index = &what_if->indexes[what_if->n++];
	*index = (struct hypothetical_index){
	    .name = xstrdup(name),
	    .table = xstrdup(db_text(rows, 0, 1)),
	    .definition = xstrdup(db_text(rows, 0, 2)),
	    .bytes = db_double(rows, 0, 3),
	};
	db_rows_free(rows);
}

/* HypoPG 1.4 hides an index; before, an index that is not valid is one that the planner does not
 * use, in this transaction only. */
static void drop_index(struct hypothetical *what_if, const struct sql_statement *statement)
{
	struct err problem = {0};
	struct db_rows *rows;

	rows = try_query(
	    what_if->db, "SELECT hypopg_hide_index($1::regclass)", statement->object, &problem);
	if (!rows)
		rows = try_query(what_if->db,
		    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass RETURNING 1",
		    statement->object, &problem);
	if (rows && db_rows_count(rows) == 1)
		strv_add(&what_if->dropped, statement->object);
	else
		leave_out(what_if, statement, rows ? "there is no such index" : problem.message);
	db_rows_free(rows);
}

static int apply(struct hypothetical *what_if, const char *up_sql, struct err *err)
{
	_cleanup_(sql_script_release) struct sql_script script = {0};

	if (up_sql && sql_split(up_sql, &script, err) < 0)
		return err->code;
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *statement = &script.statements[i];

		if (statement->kind == SQL_CREATE_INDEX)
			create_index(what_if, statement);
		else if (statement->kind == SQL_DROP_INDEX && statement->object)
			drop_index(what_if, statement);
		else if (statement->kind != SQL_ANALYZE && statement->kind != SQL_VACUUM)
			leave_out(what_if, statement, "only CREATE INDEX and DROP INDEX can be foretold");
	}
	return 0;
}

static int begin(struct db *db, struct err *err)
{
	if (db_exec(db, "BEGIN", err) < 0)
		return err->code;
	if (db_exec(db, "CREATE EXTENSION IF NOT EXISTS hypopg", err) < 0) {
		err_wrap(err, "a what-if needs the extension hypopg");
		return err_hint(err, "install the package postgresql-<version>-hypopg on the server, as a "
		                     "role that may create extensions");
	}
	return 0;
}

int hypothetical_open(
    struct db *clone, const char *up_sql, struct hypothetical *ret, struct err *err)
{
	struct db_target target;
	int rc = clone_require_mark(clone, err);

	*ret = (struct hypothetical){0};
	if (rc < 0)
		return rc;
	target = db_sibling_target(clone, db_name(clone));
	rc = db_connect(&target, &ret->db, err);
	db_target_release(&target);
	if (rc == 0)
		rc = begin(ret->db, err);
	if (rc == 0)
		rc = apply(ret, up_sql, err);
	if (rc < 0)
		hypothetical_release(ret);
	return rc;
}

void hypothetical_end(struct hypothetical *what_if)
{
	if (what_if->db)
		db_exec(what_if->db, "ROLLBACK", NULL);
	db_close(what_if->db);
	what_if->db = NULL;
}

void hypothetical_release(struct hypothetical *what_if)
{
	hypothetical_end(what_if);
	for (size_t i = 0; i < what_if->n; i++) {
		free(what_if->indexes[i].name);
		free(what_if->indexes[i].table);
		free(what_if->indexes[i].definition);
	}
	free(what_if->indexes);
	strv_release(&what_if->names);
	strv_release(&what_if->dropped);
	strv_release(&what_if->left_out);
	*what_if = (struct hypothetical){0};
}
