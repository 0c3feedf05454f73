#include "model/plan_tree.h"

#include "base/mem.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* Deeper ones come from statements that no person wrote; jansson stops at 2048 of its own levels. */
#define MAX_DEPTH 500

/* FNV-1a, 64 bits. */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static void add_to_hash(uint64_t *hash, const char *text)
{
	/* The final NUL counts, so that "a","b" and "ab","" differ. */
	for (const char *p = text ? text : "\1";; p++) {
		*hash = (*hash ^ (unsigned char)*p) * FNV_PRIME;
		if (!*p)
			return;
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static double number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static double sum_of(const json_t *object, const char *const *keys, size_t n)
{
	double sum = NAN;

	for (size_t i = 0; i < n; i++) {
		double value = number_of(object, keys[i]);

		if (!isnan(value))
			sum = isnan(sum) ? value : sum + value;
	}
	return sum;
}

static double buffers_of(const json_t *object)
{
	static const char *const keys[] = {"Shared Hit Blocks", "Shared Read Blocks",
	    "Local Hit Blocks", "Local Read Blocks", "Temp Read Blocks", "Temp Written Blocks"};

	return sum_of(object, keys, sizeof(keys) / sizeof(keys[0]));
}

/* A text or a list of texts, without literals. */
static void add_expression(uint64_t *hash, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(value)) {
		_cleanup_free_ char *clean = plan_scrub_expression(json_string_value(value));

		add_to_hash(hash, clean);
	}
	json_array_foreach (value, i, item)
		add_expression(hash, item);
}

static const char *root_of(const json_t *object, const struct strv *roots)
{
	const char *index = text_of(object, "Index Name");
	const char *known = text_of(object, "Partitioned Index");

	for (size_t i = 0; !known && index && roots && i + 1 < roots->n; i += 2)
		if (strcmp(roots->items[i], index) == 0)
			known = roots->items[i + 1];
	return known;
}

static void add_node_to_hash(
    uint64_t *hash, const json_t *object, const char *root_index, int depth)
{
	static const char *const names[] = {"Node Type", "Strategy", "Partial Mode", "Join Type",
	    "Parent Relationship", "Subplan Name", "Scan Direction", "Relation Name", "Alias",
	    "CTE Name", "Function Name", "Operation", "Command"};
	static const char *const expressions[] = {"Sort Key", "Presorted Key", "Group Key", "Hash Cond",
	    "Merge Cond", "Join Filter", "Index Cond", "Recheck Cond", "Order By", "TID Cond", "Filter",
	    "One-Time Filter", "Cache Key", "Conflict Arbiter Indexes"};
	char level = (char)('0' + depth % 64);

	add_to_hash(hash, (const char[]){level, '\0'});
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_to_hash(hash, text_of(object, names[i]));
	add_to_hash(hash, root_index ? root_index : text_of(object, "Index Name"));
	add_to_hash(hash, json_is_true(json_object_get(object, "Parallel Aware")) ? "parallel" : "");
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		add_to_hash(hash, "\2");
		add_expression(hash, json_object_get(object, expressions[i]));
	}
}

static bool add_node(struct plan_tree *tree, const json_t *object, const struct strv *roots,
    size_t parent, int depth)
{
	const json_t *child;
	size_t i, here = tree->n;

	if (!text_of(object, "Node Type") || depth > MAX_DEPTH)
		return false;
	GROW(tree->nodes, tree->n, tree->cap);
	tree->nodes[tree->n++] = (struct plan_node){
	    .parent = parent,
	    .depth = depth,
	    .type = xstrdup(text_of(object, "Node Type")),
	    .relation = xstrdup(text_of(object, "Relation Name")),
	    .alias = xstrdup(text_of(object, "Alias")),
	    .index = xstrdup(text_of(object, "Index Name")),
	    .root_index = xstrdup(root_of(object, roots)),
	    .join = xstrdup(text_of(object, "Join Type")),
	    .strategy = xstrdup(text_of(object, "Strategy")),
	    .parallel = json_is_true(json_object_get(object, "Parallel Aware")),
	    .cost = number_of(object, "Total Cost"),
	    .rows = number_of(object, "Plan Rows"),
	    .actual_rows = number_of(object, "Actual Rows"),
	    .loops = number_of(object, "Actual Loops"),
	    .buffers = buffers_of(object),
	    .lossy_blocks = number_of(object, "Lossy Heap Blocks"),
	    .subplans_removed = number_of(object, "Subplans Removed"),
	};
	add_node_to_hash(&tree->hash, object, root_of(object, roots), depth);
	json_array_foreach (json_object_get(object, "Plans"), i, child)
		if (!add_node(tree, child, roots, here, depth + 1))
			return false;
	return true;
}

bool plan_tree_parse(const char *json, struct plan_tree *ret)
{
	return plan_tree_parse_rooted(json, NULL, ret);
}

bool plan_tree_parse_rooted(const char *json, const struct strv *roots, struct plan_tree *ret)
{
	json_t *root = json ? json_loads(json, 0, NULL) : NULL;
	const json_t *top = json_is_array(root) ? json_array_get(root, 0) : root;
	const json_t *plan = json_object_get(top, "Plan");
	bool ok;

	*ret = (struct plan_tree){.hash = FNV_BASIS};
	ok = plan && add_node(ret, plan, roots, PLAN_NO_PARENT, 0);
	if (ok) {
		ret->exec_seconds = number_of(top, "Execution Time") / 1e3;
		ret->wal_bytes = number_of(plan, "WAL Bytes");
	} else {
		plan_tree_release(ret);
	}
	json_decref(root);
	return ok;
}

void plan_tree_release(struct plan_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		struct plan_node *node = &tree->nodes[i];

		free(node->type);
		free(node->relation);
		free(node->alias);
		free(node->index);
		free(node->root_index);
		free(node->join);
		free(node->strategy);
	}
	free(tree->nodes);
	*tree = (struct plan_tree){0};
}
