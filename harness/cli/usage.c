#include "cli/usage.h"

#include "base/mem.h"
#include "report/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 30
#define WIDTH       79

const struct exit_code exit_codes[] = {
    {"0", "pass, or the command did its work"},
    {"1", "a threshold was breached"},
    {"2", "usage or configuration error"},
    {"3", "environment failure: server, clone, disk, permission"},
    {"4", "inconclusive: not enough evidence for a verdict"},
    {"70", "a bug of pgrehearse"},
    {"128+n", "stopped by signal n, after cleaning up"},
};
const size_t n_exit_codes = sizeof(exit_codes) / sizeof(exit_codes[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

void usage_program(struct buf *out)
{
	buf_adds(out, "pgrehearse rehearses a PostgreSQL change against the production workload.\n\n"
	              "Usage:\n  pgrehearse COMMAND [OPTIONS]\n\nCommands:\n");
	for (size_t i = 0; i < n_commands; i++)
		buf_addf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	buf_adds(out, "\n\"pgrehearse COMMAND --help\" explains a command. Connections follow libpq:\n"
	              "-h -p -U -d, connection URIs, PG* variables, service files and .pgpass.\n"
	              "\nExit codes:\n");
	for (size_t i = 0; i < n_exit_codes; i++)
		buf_addf(out, "  %-10s %s\n", exit_codes[i].code, exit_codes[i].meaning);
}

static void add_help(struct buf *out, const char *help)
{
	text_wrap(out, help, HELP_COLUMN, WIDTH);
	buf_addc(out, '\n');
}

static void add_choices(struct buf *out, const struct option_spec *option)
{
	_cleanup_buf_ struct buf list = BUF_INIT;

	buf_adds(&list, "one of:");
	for (int i = 0; option->choices[i]; i++)
		buf_addf(&list, " %s", option->choices[i]);
	buf_addf(out, "%*s", HELP_COLUMN, "");
	add_help(out, list.data);
}

static void add_options(struct buf *out, const struct option_spec *option)
{
	for (; option->kind != OPTION_END; option++) {
		_cleanup_free_ char *left = xasprintf("  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
		    option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
		    option->argument ? "=" : "", option->argument ? option->argument : "");

		if (strlen(left) >= HELP_COLUMN)
			buf_addf(out, "%s\n%*s", left, HELP_COLUMN, "");
		else
			buf_addf(out, "%-*s", HELP_COLUMN, left);
		add_help(out, option->help);
		if (option->kind == OPTION_CHOICE)
			add_choices(out, option);
	}
}

void usage_text(struct buf *out, const struct usage *usage, const struct option_spec *options)
{
	_cleanup_buf_ struct buf block = BUF_INIT;
	const char *about = usage->about;
	bool literal;

	buf_addf(out, "Usage:\n  pgrehearse %s %s\n", usage->command, usage->synopsis);
	while (usage_next_block(&about, &block, &literal)) {
		buf_addc(out, '\n');
		if (literal)
			buf_adds(out, block.data);
		else
			text_wrap(out, block.data, 0, WIDTH);
		buf_addc(out, '\n');
	}
	if (options->kind != OPTION_END) {
		buf_adds(out, "\nOptions:\n");
		add_options(out, options);
	}
	buf_adds(out, "\nCommon options:\n");
	add_options(out, options_common());
	if (usage->examples)
		buf_addf(out, "\nExamples:\n%s\n", usage->examples);
}

static struct {
	usage_renderer *renderer; /* NULL: a user asked, on the command line */
	struct buf *out;
} wanted;

int usage_render(
    const struct command *command, usage_renderer *renderer, struct buf *out, struct err *err)
{
	_cleanup_free_ char *name = xstrdup(command->name);
	char help[] = "--help";
	char *argv[] = {name, help, NULL};
	int rc;

	wanted.renderer = renderer;
	wanted.out = out;
	rc = command->run(2, argv, err);
	wanted.renderer = NULL;
	return rc;
}

void usage_show(const struct usage *usage, const struct option_spec *options)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (wanted.renderer) {
		wanted.renderer(wanted.out, usage, options);
		return;
	}
	usage_text(&text, usage, options);
	fputs(text.data, stdout);
}

char *usage_next_subcommand(const char **at)
{
	size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz-");
	char *word;

	if (!islower((unsigned char)**at))
		return NULL;
	word = xstrndup(*at, len);
	*at += len + ((*at)[len] == '|');
	return word;
}

bool usage_next_block(const char **at, struct buf *ret, bool *ret_literal)
{
	buf_clear(ret);
	*at += strspn(*at, "\n");
	*ret_literal = **at == ' ';
	while (**at && **at != '\n' && (**at == ' ') == *ret_literal) {
		size_t len = strcspn(*at, "\n");

		if (ret->len > 0)
			buf_addc(ret, *ret_literal ? '\n' : ' ');
		buf_add(ret, *at, len);
		*at += len + ((*at)[len] == '\n');
	}
	return ret->len > 0;
}
