#include "cli/completion.h"

#include "base/mem.h"
#include "report/report.h"

#include <string.h>

/* A text inside '...[text]...': quotes, brackets and colons have a meaning there. */
static void add_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_adds(out, "'\\''");
		else if (strchr("[]:\\", *text))
			buf_addf(out, "\\%c", *text);
		else
			buf_addc(out, *text);
	}
}

static void add_values(struct buf *out, const struct option_spec *option)
{
	buf_addc(out, ':');
	add_text(out, option->argument);
	buf_addc(out, ':');
	switch (completion_words(option)) {
	case WORDS_FILES:
		buf_adds(out, "_files");
		break;
	case WORDS_DIRS:
		buf_adds(out, "_files -/");
		break;
	case WORDS_FORMATS:
		buf_addc(out, '(');
		for (size_t i = 0; i < n_report_formats; i++)
			buf_addf(out, "%s%s", i ? " " : "", report_formats[i].name);
		buf_addc(out, ')');
		break;
	case WORDS_CHOICES:
		buf_addc(out, '(');
		for (int i = 0; option->choices[i]; i++)
			buf_addf(out, "%s%s", i ? " " : "", option->choices[i]);
		buf_addc(out, ')');
		break;
	case WORDS_NONE:
		buf_addc(out, ' ');
	}
}

/* One spec for each spelling; a flag or single option excludes its other spelling. */
static void add_spelling(struct buf *out, const struct option_spec *option, bool letter)
{
	buf_adds(out, "      '");
	if (option->kind == OPTION_STRINGS)
		buf_addc(out, '*');
	else if (option->letter)
		buf_addf(out, "(-%c --%s)", option->letter, option->name);
	if (letter)
		buf_addf(out, "-%c%s", option->letter, option->argument ? "+" : "");
	else
		buf_addf(out, "--%s%s", option->name, option->argument ? "=" : "");
	buf_addc(out, '[');
	add_text(out, option->help);
	buf_addc(out, ']');
	if (option->argument)
		add_values(out, option);
	buf_adds(out, "' \\\n");
}

static void add_options(struct buf *out, const struct option_spec *option)
{
	for (; option->kind != OPTION_END; option++) {
		if (option->letter)
			add_spelling(out, option, true);
		add_spelling(out, option, false);
	}
}

static void add_command(
    struct buf *out, const struct usage *usage, const struct option_spec *options)
{
	const char *at = usage->synopsis;
	char *subcommand = usage_next_subcommand(&at);

	buf_addf(out, "  %s)\n    _arguments -s \\\n", usage->command);
	add_options(out, options);
	add_options(out, options_common());
	if (subcommand)
		buf_adds(out, "      '1:subcommand:(");
	for (bool first = true; subcommand; first = false) {
		buf_addf(out, "%s%s", first ? "" : " ", subcommand);
		free(subcommand);
		subcommand = usage_next_subcommand(&at);
		if (!subcommand)
			buf_adds(out, ")' \\\n");
	}
	buf_adds(out, "      '*:file:_files'\n    ;;\n");
}

int completion_zsh(struct buf *out, struct err *err)
{
	int rc = 0;

	buf_adds(out, "#compdef pgrehearse\n"
	              "# zsh completion of pgrehearse\n"
	              "local -a commands\n"
	              "commands=(\n");
	for (size_t i = 0; i < n_commands; i++) {
		buf_addf(out, "  '%s:", commands[i].name);
		add_text(out, commands[i].summary);
		buf_adds(out, "'\n");
	}
	buf_adds(out, ")\n"
	              "if (( CURRENT == 2 )); then\n"
	              "  _describe command commands\n"
	              "  return\n"
	              "fi\n"
	              "shift words\n"
	              "(( CURRENT-- ))\n"
	              "case $words[1] in\n");
	for (size_t i = 0; rc >= 0 && i < n_commands; i++)
		rc = usage_render(&commands[i], add_command, out, err);
	buf_adds(out, "esac\n");
	return rc < 0 ? rc : 0;
}
