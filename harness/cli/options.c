/*
 * options: argv held against a table of options.
 */
#include "base/mem.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/usage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool quiet, verbose, no_colour, want_help;

static const struct option_spec common_options[] = {
    {"quiet", 'q', OPTION_FLAG, NULL, "say nothing but warnings, errors and results", &quiet},
    {"verbose", 'v', OPTION_FLAG, NULL, "say more of what is done", &verbose},
    {"no-color", 0, OPTION_FLAG, NULL, "no colours (as NO_COLOR in the environment)", &no_colour},
    {"help", '?', OPTION_FLAG, NULL, "show this help and exit", &want_help},
    OPTIONS_END,
};

const struct option_spec *options_common(void)
{
	return common_options;
}

bool cli_quiet(void)
{
	return quiet;
}

bool cli_verbose(void)
{
	return verbose;
}

bool cli_colour(int fd)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return !no_colour && !(no_color && no_color[0]) && isatty(fd) && term &&
	       strcmp(term, "dumb") != 0;
}

static const struct option_spec *find_long(
    const struct option_spec *table, const char *name, size_t len)
{
	for (; table->kind != OPTION_END; table++)
		if (table->name && strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static const struct option_spec *find_letter(const struct option_spec *table, char letter)
{
	for (; table->kind != OPTION_END; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

static int set_choice(const struct option_spec *option, const char *value, struct err *err)
{
	char known[400] = "";

	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], value) == 0) {
			*(int *)option->target = i;
			return 0;
		}
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
		    option->choices[i]);
	}
	return err_set(err, ERR_USAGE, "\"%.60s\" is not one of %s", value, known);
}

static int set_value(const struct option_spec *option, const char *value, struct err *err)
{
	switch (option->kind) {
	case OPTION_STRING:
		*(const char **)option->target = value;
		return 0;
	case OPTION_STRINGS:
		strv_add(option->target, value);
		return 0;
	case OPTION_INT:
		return units_parse_int(value, option->min, option->max, option->target, err);
	case OPTION_DURATION:
		return units_parse_duration_ns(value, option->target, err);
	case OPTION_RATE:
		return units_parse_rate(value, option->target, err);
	case OPTION_FRACTION:
		return units_parse_fraction(value, option->target, err);
	case OPTION_CHOICE:
		return set_choice(option, value, err);
	case OPTION_FLAG:
	case OPTION_END:
		break;
	}
	return err_set(err, ERR_BUG, "option --%s has no kind", option->name);
}

/* The state of one walk over argv. */
struct walk {
	const struct usage *usage;
	const struct option_spec *options;
	int argc;
	char **argv;
	int next;
	struct err *err;
};

static int unknown(const struct walk *walk, const char *shown)
{
	err_set(walk->err, ERR_USAGE, "unknown option %s", shown);
	return err_hint(walk->err, "\"pgrehearse %s --help\" lists the options", walk->usage->command);
}

static int apply(
    struct walk *walk, const struct option_spec *option, const char *attached, const char *shown)
{
	const char *value = attached;

	if (option->kind == OPTION_FLAG) {
		if (attached)
			return err_set(walk->err, ERR_USAGE, "%s takes no value", shown);
		*(bool *)option->target = true;
		return 0;
	}
	if (!value) {
		if (walk->next >= walk->argc)
			return err_set(walk->err, ERR_USAGE, "%s wants a value: %s", shown, option->argument);
		value = walk->argv[walk->next++];
	}
	if (set_value(option, value, walk->err) < 0)
		return err_wrap(walk->err, "%s", shown);
	return 0;
}

static int long_option(struct walk *walk, const char *word)
{
	const char *name = word + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *option = find_long(walk->options, name, len);
	_cleanup_free_ char *shown = xasprintf("--%.*s", (int)len, name);

	if (!option)
		option = find_long(common_options, name, len);
	if (!option)
		return unknown(walk, shown);
	return apply(walk, option, equals ? equals + 1 : NULL, shown);
}

/* "-qT60": flags may be joined, and the last letter may carry its value. */
static int short_options(struct walk *walk, const char *word)
{
	for (const char *p = word + 1; *p; p++) {
		const struct option_spec *option = find_letter(walk->options, *p);
		char shown[3] = {'-', *p, '\0'};
		int rc;

		if (!option)
			option = find_letter(common_options, *p);
		if (!option)
			return unknown(walk, shown);
		rc = apply(walk, option, option->kind != OPTION_FLAG && p[1] ? p + 1 : NULL, shown);
		if (rc < 0 || option->kind != OPTION_FLAG)
			return rc;
	}
	return 0;
}

int options_parse(const struct usage *usage, const struct option_spec *options, int argc,
    char **argv, struct strv *ret_args, struct err *err)
{
	struct walk walk = {usage, options, argc, argv, 1, err};
	bool only_arguments = false;

	want_help = false;
	while (walk.next < argc) {
		const char *word = argv[walk.next++];
		int rc = 0;

		if (only_arguments || word[0] != '-' || !word[1])
			strv_add(ret_args, word);
		else if (strcmp(word, "--") == 0)
			only_arguments = true;
		else if (word[1] == '-')
			rc = long_option(&walk, word);
		else
			rc = short_options(&walk, word);
		if (rc < 0)
			return rc;
		if (want_help) {
			usage_show(usage, options);
			return 1;
		}
	}
	return 0;
}

int options_one_gate(const struct strv *args, const char *command, struct err *err)
{
	if (args->n == 1)
		return 0;
	err_set(err, ERR_USAGE, args->n ? "one gate file at a time, not %zu" : "no gate file was named",
	    args->n);
	return err_hint(err, "for instance: pgrehearse %s workloads/orders/gate.yaml", command);
}
