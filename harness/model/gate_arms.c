/* staging, clone and candidate: what the two arms are made of. */
#include "model/gate_loader.h"

#include "base/mem.h"

#include <string.h>
#include <sys/stat.h>

static int load_directory(struct gate_loader *l, const struct yaml_node *node, char **ret)
{
	struct stat st;

	if (gate_path(l, GATE_STAGING, node, ret) < 0)
		return ERR_USAGE;
	if (l->without & GATE_STAGING)
		return 0;
	if (stat(*ret, &st) < 0 || !S_ISDIR(st.st_mode))
		return gate_reject(l, node, "%s is not a directory", *ret);
	return 0;
}

static int load_fixture(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return load_directory(l, node, &((struct gate *)target)->fixture);
}

static int load_bindir(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return load_directory(l, node, &((struct gate *)target)->bindir);
}

static int load_lab(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	static const struct gate_key keys[] = {{"fixture", load_fixture}, {"bindir", load_bindir}};
	struct gate *gate = target;

	if (gate_load_mapping(l, node, keys, 2, gate) < 0)
		return ERR_USAGE;
	if (!gate->fixture)
		return gate_reject(l, node, "the lab needs data; write lab: {fixture: DIRECTORY}");
	gate->staging = STAGING_LAB;
	return 0;
}

static int load_dsn(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	gate->staging = STAGING_DSN;
	return gate_copy_text(l, node, &gate->dsn);
}

int gate_load_staging(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	static const struct gate_key keys[] = {{"lab", load_lab}, {"dsn", load_dsn}};
	struct gate *gate = target;

	if (gate_load_mapping(l, node, keys, 2, gate) < 0)
		return ERR_USAGE;
	if (!gate->fixture == !gate->dsn)
		return gate_reject(l, node, "give either lab: {fixture: DIRECTORY} or dsn: \"...\"");
	return 0;
}

static const char *const driver_names[] = {
    [CLONE_TEMPLATE] = "template",
    [CLONE_EXISTING] = "existing",
    [CLONE_PHYSICAL] = "physical",
    [CLONE_COMMAND] = "command",
};

const char *clone_driver_name(enum clone_driver_kind driver)
{
	return driver_names[driver];
}

static int load_driver(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;
	int driver;

	if (gate_choice(
	        l, node, driver_names, sizeof(driver_names) / sizeof(driver_names[0]), &driver) < 0)
		return ERR_USAGE;
	gate->driver = (enum clone_driver_kind)driver;
	return 0;
}

static int load_baseline(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_copy_text(l, node, &((struct gate *)target)->existing_dsn[0]);
}

static int load_candidate_dsn(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_copy_text(l, node, &((struct gate *)target)->existing_dsn[1]);
}

static int load_create(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_copy_text(l, node, &((struct gate *)target)->clone_create);
}

static int load_drop(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_copy_text(l, node, &((struct gate *)target)->clone_drop);
}

/* Two keys that belong to one driver: both with it, neither without. */
static int check_pair(struct gate_loader *l, const struct yaml_node *node, bool wanted,
    const char *driver, const char *first, const char *second)
{
	const struct yaml_node *a = gate_child(node, first), *b = gate_child(node, second);

	if (!wanted && (a || b))
		return gate_reject(
		    l, a ? a : b, "only the %s driver takes this; add driver: %s", driver, driver);
	if (wanted && (!a || !b))
		return gate_reject(l, node, "the %s driver needs %s: and %s:", driver, first, second);
	return 0;
}

int gate_load_clone(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	static const struct gate_key keys[] = {
	    {"driver", load_driver},
	    {"baseline", load_baseline},
	    {"candidate", load_candidate_dsn},
	    {"create", load_create},
	    {"drop", load_drop},
	};
	struct gate *gate = target;

	if (gate_load_mapping(l, node, keys, sizeof(keys) / sizeof(keys[0]), gate) < 0 ||
	    check_pair(l, node, gate->driver == CLONE_EXISTING, "existing", "baseline", "candidate") <
	        0 ||
	    check_pair(l, node, gate->driver == CLONE_COMMAND, "command", "create", "drop") < 0)
		return ERR_USAGE;
	if (gate->driver == CLONE_EXISTING && strcmp(gate->existing_dsn[0], gate->existing_dsn[1]) == 0)
		return gate_reject(l, node, "baseline and candidate are the same database");
	return 0;
}

static int load_up(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	return gate_sql_file(l, node, &gate->up, &gate->up_sql);
}

static int load_down(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	return gate_sql_file(l, node, &gate->down, &gate->down_sql);
}

static int load_rewrites(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	/* What replaces the candidate replaces its rewrites. */
	if (l->without & GATE_CANDIDATE)
		return 0;
	if (gate_path(l, GATE_CANDIDATE, node, &gate->rewrites_file) < 0)
		return ERR_USAGE;
	if (statement_rewrites_load(gate->rewrites_file, &gate->rewrites, l->err) < 0)
		return ERR_USAGE;
	if (gate->rewrites.n == 0)
		return gate_reject(l, node, "%s rewrites no statement", gate->rewrites_file);
	return 0;
}

enum { KIND_INDEX, KIND_MIGRATION, KIND_REWRITE, N_KINDS };

static const char *const kind_names[N_KINDS] = {"index", "migration", "rewrite"};

static int load_kind(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	int kind;

	if (gate_choice(l, node, kind_names, N_KINDS, &kind) < 0)
		return ERR_USAGE;
	((struct gate *)target)->allow_migration = kind == KIND_MIGRATION;
	return 0;
}

static int load_build(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	static const char *const names[] = {"before", "under_load"};
	int build;

	if (gate_choice(l, node, names, 2, &build) < 0)
		return ERR_USAGE;
	((struct gate *)target)->build_under_load = build == 1;
	return 0;
}

static bool says_rewrite(const struct yaml_node *candidate)
{
	const struct yaml_node *kind = gate_child(candidate, "kind");

	return kind && strcmp(kind->text, kind_names[KIND_REWRITE]) == 0;
}

static void forget(char **text)
{
	free(*text);
	*text = NULL;
}

int gate_load_candidate(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	static const struct gate_key keys[] = {{"up", load_up}, {"down", load_down},
	    {"rewrites", load_rewrites}, {"kind", load_kind}, {"build", load_build}};
	struct gate *gate = target;

	if (node->kind == YAML_SCALAR && strcmp(node->text, "unchanged") == 0)
		return 0;
	if (node->kind != YAML_MAPPING)
		return gate_reject(l, node, "write candidate: {up: FILE, down: FILE} or unchanged");
	if (gate_load_mapping(l, node, keys, sizeof(keys) / sizeof(keys[0]), gate) < 0)
		return ERR_USAGE;
	if (gate->down && !gate->up)
		return gate_reject(l, node, "down: without up: undoes nothing");
	if (gate->build_under_load && !gate->up && !(l->without & GATE_CANDIDATE))
		return gate_reject(l, gate_child(node, "build"), "under_load needs up: FILE to build");
	if (says_rewrite(node) && !gate_child(node, "rewrites"))
		return gate_reject(l, gate_child(node, "kind"), "a rewrite needs rewrites: FILE");
	if (gate->up_sql && sql_is_empty(gate->up_sql)) {
		forget(&gate->up);
		forget(&gate->up_sql);
		forget(&gate->down);
		forget(&gate->down_sql);
	}
	return 0;
}
