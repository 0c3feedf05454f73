#include "report/plan.h"

#include "base/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define MAX_COMPARED_LINES 2000

static const char *text_of(const json_t *node, const char *key)
{
	return json_string_value(json_object_get(node, key));
}

static bool is(const json_t *node, const char *key, const char *value)
{
	const char *found = text_of(node, key);

	return found && strcmp(found, value) == 0;
}

static double number_of(const json_t *node, const char *key)
{
	const json_t *value = json_object_get(node, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static struct plan_line *add_line(struct plan *plan, int depth, char *text)
{
	GROW(plan->lines, plan->n, plan->cap);
	plan->lines[plan->n] = (struct plan_line){
	    .text = text, .depth = depth, .startup_cost = NAN, .total_cost = NAN, .rows = NAN};
	return &plan->lines[plan->n++];
}

/* "Hash Join" of type Left is printed "Hash Left Join", as EXPLAIN's text form does. */
static void add_join_name(struct buf *out, const char *type, const char *join)
{
	const size_t stem = strcspn(type, " ");

	if (strcmp(type, "Nested Loop") == 0)
		buf_addf(out, "%s %s Join", type, join);
	else
		buf_addf(out, "%.*s %s Join", (int)stem, type, join);
}

static void add_node_type(struct buf *out, const json_t *node)
{
	const char *type = text_of(node, "Node Type");
	const char *join = text_of(node, "Join Type");

	if (json_is_true(json_object_get(node, "Parallel Aware")))
		buf_adds(out, "Parallel ");
	if (is(node, "Partial Mode", "Partial") || is(node, "Partial Mode", "Finalize"))
		buf_addf(out, "%s ", text_of(node, "Partial Mode"));
	if (strcmp(type, "ModifyTable") == 0 && text_of(node, "Operation"))
		buf_adds(out, text_of(node, "Operation"));
	else if (strcmp(type, "Aggregate") == 0 && is(node, "Strategy", "Hashed"))
		buf_adds(out, "HashAggregate");
	else if (strcmp(type, "Aggregate") == 0 && is(node, "Strategy", "Sorted"))
		buf_adds(out, "GroupAggregate");
	else if (join && strcmp(join, "Inner") != 0)
		add_join_name(out, type, join);
	else
		buf_adds(out, type);
	if (is(node, "Scan Direction", "Backward"))
		buf_adds(out, " Backward");
}

static char *node_title(const json_t *node)
{
	struct buf out = BUF_INIT;
	const char *relation = text_of(node, "Relation Name");
	const char *alias = text_of(node, "Alias");

	add_node_type(&out, node);
	if (text_of(node, "Index Name"))
		buf_addf(&out, is(node, "Node Type", "Bitmap Index Scan") ? " on %s" : " using %s",
		    text_of(node, "Index Name"));
	if (relation || text_of(node, "CTE Name") || text_of(node, "Function Name"))
		buf_addf(&out, " on %s",
		    relation                    ? relation
		    : text_of(node, "CTE Name") ? text_of(node, "CTE Name")
		                                : text_of(node, "Function Name"));
	if (relation && alias && strcmp(relation, alias) != 0)
		buf_addf(&out, " %s", alias);
	return buf_detach(&out);
}

static void add_detail(struct plan *plan, int depth, const char *key, const json_t *value)
{
	struct buf out = BUF_INIT;
	const json_t *item;
	size_t i;

	buf_addf(&out, "%s: ", key);
	if (json_is_string(value))
		buf_adds(&out, json_string_value(value));
	json_array_foreach (value, i, item)
		if (json_is_string(item))
			buf_addf(&out, "%s%s", i ? ", " : "", json_string_value(item));
	add_line(plan, depth, buf_detach(&out));
}

static void add_details(struct plan *plan, int depth, const json_t *node)
{
	static const char *const keys[] = {"Sort Key", "Presorted Key", "Group Key", "Hash Cond",
	    "Merge Cond", "Join Filter", "Index Cond", "Recheck Cond", "Order By", "TID Cond",
	    "Cache Key", "One-Time Filter", "Filter"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(node, keys[i]);

		if (value)
			add_detail(plan, depth, keys[i], value);
	}
}

static void add_node(struct plan *plan, int depth, const json_t *node)
{
	struct plan_line *line;
	const json_t *children = json_object_get(node, "Plans"), *child;
	size_t i;

	if (!text_of(node, "Node Type"))
		return;
	if (text_of(node, "Subplan Name"))
		add_line(plan, depth, xstrdup(text_of(node, "Subplan Name")));
	line = add_line(plan, depth, node_title(node));
	line->is_node = true;
	line->startup_cost = number_of(node, "Startup Cost");
	line->total_cost = number_of(node, "Total Cost");
	line->rows = number_of(node, "Plan Rows");
	add_details(plan, depth + 1, node);
	json_array_foreach (children, i, child)
		add_node(plan, depth + 1, child);
}

void plan_parse(const char *json, struct plan *ret)
{
	json_t *root = json ? json_loads(json, 0, NULL) : NULL;
	const json_t *top = json_is_array(root) ? json_array_get(root, 0) : root;
	const json_t *node = json_object_get(top, "Plan");

	*ret = (struct plan){.total_cost = number_of(node, "Total Cost")};
	add_node(ret, 0, node);
	json_decref(root);
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		free(plan->lines[i].text);
	free(plan->lines);
	*plan = (struct plan){.total_cost = NAN};
}

static bool same(const struct plan_line *a, const struct plan_line *b)
{
	return a->is_node == b->is_node && strcmp(a->text, b->text) == 0;
}

/* lengths[i][j]: of the longest common subsequence of before[i..] and after[j..]. */
static uint16_t *common_lengths(const struct plan *before, const struct plan *after)
{
	const size_t width = after->n + 1;
	uint16_t *lengths = xcalloc((before->n + 1) * width, sizeof(*lengths));

	for (size_t i = before->n; i-- > 0;)
		for (size_t j = after->n; j-- > 0;) {
			uint16_t *here = &lengths[i * width + j];

			if (same(&before->lines[i], &after->lines[j]))
				*here = here[width + 1] + 1;
			else
				*here = here[width] > here[1] ? here[width] : here[1];
		}
	return lengths;
}

bool plan_compare(struct plan *before, struct plan *after)
{
	const size_t width = after->n + 1;
	uint16_t *lengths;
	bool differ = false;
	size_t i = 0, j = 0;

	if (before->n == 0 || after->n == 0 || before->n > MAX_COMPARED_LINES ||
	    after->n > MAX_COMPARED_LINES)
		return before->n > 0 && after->n > 0;
	lengths = common_lengths(before, after);
	while (i < before->n || j < after->n) {
		if (i < before->n && j < after->n && same(&before->lines[i], &after->lines[j])) {
			i++;
			j++;
			continue;
		}
		differ = true;
		if (j >= after->n ||
		    (i < before->n && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]))
			before->lines[i++].differs = true;
		else
			after->lines[j++].differs = true;
	}
	free(lengths);
	return differ;
}

void plan_add_cost(struct buf *out, const struct plan_line *line)
{
	if (line->is_node && isfinite(line->total_cost))
		buf_addf(
		    out, "(cost=%.2f..%.2f rows=%.0f)", line->startup_cost, line->total_cost, line->rows);
}

void plan_add_text(struct buf *out, const struct plan *plan, char mark)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_line *line = &plan->lines[i];

		buf_addf(out, "%c %*s%s%s", line->differs ? mark : ' ', line->depth * 2, "",
		    line->is_node && line->depth > 0 ? "-> " : "", line->text);
		if (line->is_node) {
			buf_addc(out, ' ');
			plan_add_cost(out, line);
		}
		buf_addc(out, '\n');
	}
}
