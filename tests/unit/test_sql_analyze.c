/* What sql_analyze() and sql_name() make of statements. */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * The golden file holds statements as applications send them and statistics views show them, each
 * with what sql_analyze() makes of it. A block is a statement on one line, the expectation on
 * indented lines, and an empty line. After a wanted change of the analysis, run this test with
 * UPDATE_GOLDEN=1 in the environment and read the difference line by line.
 */
#define GOLDEN TEST_SOURCE_DIR "/golden/sql_analysis.txt"

static const char *const roles[] = {
    [PARAM_COMPARE] = "compare",
    [PARAM_BETWEEN_LOW] = "low",
    [PARAM_BETWEEN_HIGH] = "high",
    [PARAM_IN] = "in",
    [PARAM_ANY] = "any",
    [PARAM_LIKE] = "like",
    [PARAM_INSERT] = "insert",
    [PARAM_SET] = "set",
    [PARAM_LIMIT] = "limit",
    [PARAM_OFFSET] = "offset",
    [PARAM_INTERVAL] = "interval",
    [PARAM_TYPED] = "typed",
    [PARAM_OTHER] = "other",
    [PARAM_ELEMENT] = "element",
    [PARAM_FIELD] = "field",
};

static void render_text(struct buf *out, const char *label, const char *text)
{
	if (text)
		buf_addf(out, "%s{%s}", label, text);
}

static void render_strv(struct buf *out, const char *label, const struct strv *strv)
{
	if (strv->n)
		buf_adds(out, label);
	for (size_t i = 0; i < strv->n; i++)
		buf_addf(out, " {%s}", strv->items[i]);
}

static void render_scope(struct buf *out, const struct sql_analysis *analysis, size_t i)
{
	const struct sql_scope *scope = &analysis->scopes[i];

	buf_addf(out, "  scope %zu in %d%s", i, scope->parent, scope->scalar ? " scalar" : "");
	render_text(out, scope->from_params ? " from, with parameters, " : " from ", scope->from);
	render_text(out, scope->with_params ? " with, not to run, " : " with ", scope->with);
	render_text(out, " target ", scope->target);
	render_strv(out, " tables", &scope->tables);
	render_strv(out, " as", &scope->aliases);
	render_strv(out, " where", &scope->plain_conjuncts);
	render_strv(out, " links", &scope->links);
	render_text(out, " in ", scope->link_outer);
	render_text(out, " = ", scope->link_inner);
	buf_adds(out, scope->negated ? " negated" : "");
	buf_adds(out, scope->linked ? " linked" : "");
	buf_adds(out, scope->correlated ? " correlated\n" : "\n");
}

static void render_param(struct buf *out, const struct sql_param *param)
{
	buf_addf(out, "  $%d %s", param->number, roles[param->role]);
	render_text(out, " ", param->partner);
	buf_adds(out, param->partner_params ? " (has parameters)" : "");
	if (param->op)
		buf_addf(out, " %s", param->op);
	if (param->base)
		buf_addf(out, " {%s} %s", param->base, param->base_op);
	render_text(out, param->type_length ? " constant of type " : " type ", param->type);
	buf_adds(out, param->direct ? "" : " computed");
	buf_adds(out, param->needs_type ? " needs type" : "");
	buf_adds(out, param->squashed ? " squashed" : "");
	buf_adds(out, param->aggregate ? " aggregate" : "");
	if (param->position)
		buf_addf(out, " position %d", param->position);
	if (param->scope)
		buf_addf(out, " scope %d", param->scope);
	if (param->group >= 0)
		buf_addf(out, " group %d", param->group);
	buf_addc(out, '\n');
}

static void render(struct buf *out, const struct sql_analysis *analysis)
{
	buf_addf(out, "  %s%s%s%s%s", sql_kind_name(analysis->kind), analysis->writes ? " writes" : "",
	    analysis->locks_rows ? " locks" : "", analysis->has_limit ? " limit" : "",
	    analysis->creates_table ? " creates" : "");
	render_strv(out, " tables", &analysis->tables);
	render_strv(out, " columns", &analysis->insert_columns);
	buf_addc(out, '\n');
	for (size_t i = 0; i < analysis->n_scopes; i++)
		render_scope(out, analysis, i);
	for (size_t i = 0; i < analysis->n_param_items; i++)
		render_param(out, &analysis->params[i]);
}

static void assert_parses(const char *format, const char *part, const char *statement)
{
	_cleanup_free_ char *text = xasprintf(format, part);
	_cleanup_free_ char *fingerprint = NULL;
	struct err err = {0};

	if (sql_fingerprint(text, &fingerprint, &err) < 0)
		fail_msg("{%s} is not cut out well of: %s\n%s", part, statement, err.message);
}

/* Whatever the expectation says: parts are complete, and are bytes of the statement. */
static void check_parts(const char *statement, const struct sql_analysis *analysis)
{
	for (size_t i = 0; i < analysis->n_param_items; i++) {
		const struct sql_param *param = &analysis->params[i];

		assert_memory_equal(statement + param->offset, "$", 1);
		if (param->partner) {
			assert_non_null(strstr(statement, param->partner));
			assert_parses(param->role == PARAM_INSERT ? "INSERT INTO t (%s) VALUES (1)"
			              : param->role == PARAM_SET  ? "UPDATE t SET %s = 1"
			                                          : "SELECT (%s)",
			    param->partner, statement);
		}
		if (param->base)
			assert_parses("SELECT (%s)", param->base, statement);
		if (param->type)
			assert_parses("SELECT CAST(NULL AS %s)", param->type, statement);
	}
	for (size_t i = 0; i < analysis->n_scopes; i++) {
		const struct sql_scope *scope = &analysis->scopes[i];

		if (scope->from)
			assert_parses("SELECT FROM %s", scope->from, statement);
		if (scope->with)
			assert_parses("%s SELECT", scope->with, statement);
		for (size_t k = 0; k < scope->plain_conjuncts.n; k++)
			assert_parses("SELECT (%s)", scope->plain_conjuncts.items[k], statement);
	}
}

static void analyze_one(const char *statement, struct buf *out)
{
	struct sql_analysis analysis = {0};
	struct err err = {0};

	if (sql_analyze(statement, &analysis, &err) < 0)
		fail_msg("%s: %s", statement, err.message);
	buf_addf(out, "%s\n", statement);
	render(out, &analysis);
	buf_addc(out, '\n');
	check_parts(statement, &analysis);
	sql_analysis_release(&analysis);
}

static void golden_statements_are_read_as_expected(void **state)
{
	_cleanup_buf_ struct buf golden = BUF_INIT;
	_cleanup_buf_ struct buf found = BUF_INIT;
	_cleanup_buf_ struct buf all = BUF_INIT;
	struct err err = {0};
	size_t statements = 0;

	(void)state;
	assert_int_equal(file_read(GOLDEN, 1 << 20, &golden, &err), 0);
	for (char *block = golden.data; *block;) {
		char *end = strstr(block, "\n\n");
		_cleanup_free_ char *expected =
		    xstrndup(block, end ? (size_t)(end + 2 - block) : strlen(block));
		_cleanup_free_ char *statement = xstrndup(block, strcspn(block, "\n"));

		buf_clear(&found);
		analyze_one(statement, &found);
		buf_adds(&all, found.data);
		if (!getenv("UPDATE_GOLDEN"))
			assert_string_equal(found.data, expected);
		block += strlen(expected);
		statements++;
	}
	assert_true(statements >= 80);
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(file_write_atomic(GOLDEN, all.data, all.len, 0644, &err), 0);
}

static void one_statement_is_wanted(void **state)
{
	struct sql_analysis analysis = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(sql_analyze("SELECT 1; SELECT 2", &analysis, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "2 statements"));
	assert_int_equal(sql_analyze("", &analysis, &err), ERR_USAGE);
	assert_int_equal(sql_analyze("SELECT\n a b c", &analysis, &err), ERR_USAGE);
	assert_non_null(strstr(err.message, "line 2, column 6"));
	sql_analysis_release(&analysis);
}

static void names_are_readable_and_short(void **state)
{
	static const char *const expected[][2] = {
	    {"SELECT * FROM public.orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT $2",
	        "select orders by customer_id order created_at limit"},
	    {"UPDATE \"Inventory\" SET quantity = quantity - $1 WHERE product_id = $2",
	        "update inventory by product_id set quantity"},
	    {"insert into order_items values ($1, $2)", "insert order_items"},
	    {"INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING", "insert t on conflict"},
	    {"select count(*) from orders where status = $1 group by region",
	        "select count orders by status group region"},
	    {"delete from sessions where created_at < now() - interval $1",
	        "delete sessions by created_at"},
	    {"select id from jobs where state = $1 order by id for update limit $2",
	        "select jobs by state order id limit lock"},
	    {"select * from a_table_with_quite_a_long_name join another_table_with_a_long_name using "
	     "(x)",
	        "select a_table_with_quite_a_long_name"},
	    {"VACUUM orders", "vacuum orders"},
	    {"SELECT a FROM b WHERE c = $1 AND", "select a from b where c and"},
	    {"", "statement"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		_cleanup_free_ char *name = NULL;

		assert_int_equal(sql_name(expected[i][0], &name, NULL), 0);
		assert_string_equal(name, expected[i][1]);
		assert_true(strlen(name) <= SQL_NAME_MAX);
	}
}

static int stop_worker(void **state)
{
	(void)state;
	sql_shutdown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(golden_statements_are_read_as_expected),
	    cmocka_unit_test(one_statement_is_wanted),
	    cmocka_unit_test(names_are_readable_and_short),
	};

	return cmocka_run_group_tests_name("sql analysis", tests, NULL, stop_worker);
}
