#include "cli/completion.h"

#include "base/mem.h"
#include "report/report.h"

#include <string.h>

enum completion_words completion_words(const struct option_spec *option)
{
	if (option->kind == OPTION_CHOICE)
		return WORDS_CHOICES;
	if (!option->argument)
		return WORDS_NONE;
	if (strcmp(option->name, "format") == 0)
		return WORDS_FORMATS;
	if (strcmp(option->argument, "DIR") == 0)
		return WORDS_DIRS;
	return strstr(option->argument, "FILE") ? WORDS_FILES : WORDS_NONE;
}

static void add_option_words(struct buf *out, const struct option_spec *option)
{
	for (; option->kind != OPTION_END; option++) {
		buf_addf(out, " --%s%s", option->name, option->argument ? "=" : "");
		if (option->letter)
			buf_addf(out, " -%c", option->letter);
	}
}

static void add_formats(struct buf *out)
{
	for (size_t i = 0; i < n_report_formats; i++)
		buf_addf(out, "%s%s", i ? " " : "", report_formats[i].name);
}

/* "    gate:-o|gate:--results) ... ;;" */
static void add_arguments(struct buf *out, const char *command, const struct option_spec *option)
{
	for (; option->kind != OPTION_END; option++) {
		if (!option->argument)
			continue;
		buf_addf(out, "    %s:--%s", command, option->name);
		if (option->letter)
			buf_addf(out, "|%s:-%c", command, option->letter);
		buf_adds(out, ") ");
		switch (completion_words(option)) {
		case WORDS_FILES:
			buf_adds(out, "words=\"\"; paths=-f");
			break;
		case WORDS_DIRS:
			buf_adds(out, "words=\"\"; paths=-d");
			break;
		case WORDS_FORMATS:
			buf_adds(out, "words=\"");
			add_formats(out);
			buf_adds(out, "\"");
			break;
		case WORDS_CHOICES:
			buf_adds(out, "words=\"");
			for (int i = 0; option->choices[i]; i++)
				buf_addf(out, "%s%s", i ? " " : "", option->choices[i]);
			buf_adds(out, "\"");
			break;
		case WORDS_NONE:
			buf_adds(out, "words=\"\"");
		}
		buf_adds(out, " ;;\n");
	}
}

static void add_command_arguments(
    struct buf *out, const struct usage *usage, const struct option_spec *options)
{
	add_arguments(out, usage->command, options);
}

static void add_command_words(
    struct buf *out, const struct usage *usage, const struct option_spec *options)
{
	const char *at = usage->synopsis;
	char *subcommand;

	buf_addf(out, "    %s) options=\"", usage->command);
	add_option_words(out, options);
	add_option_words(out, options_common());
	buf_adds(out, "\" subcommands=\"");
	while ((subcommand = usage_next_subcommand(&at))) {
		buf_addf(out, " %s", subcommand);
		free(subcommand);
	}
	buf_adds(out, "\" ;;\n");
}

static const char script_head[] =
    "# bash completion of pgrehearse\n"
    "_pgrehearse()\n"
    "{\n"
    "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
    "  local command=${COMP_WORDS[1]} options= subcommands= words=none paths=\n"
    "\n"
    "  # --option=value arrives as three words\n"
    "  if [ \"$current\" = = ]; then\n"
    "    current=\n"
    "  elif [ \"$previous\" = = ] && [ \"$COMP_CWORD\" -ge 2 ]; then\n"
    "    previous=${COMP_WORDS[COMP_CWORD-2]}\n"
    "  fi\n"
    "  COMPREPLY=()\n"
    "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "    COMPREPLY=($(compgen -W '";

static const char script_arguments[] = " --help --version' -- \"$current\"))\n"
                                       "    return\n"
                                       "  fi\n"
                                       "  case $command:$previous in\n";

static const char script_commands[] =
    "  esac\n"
    "  if [ \"$words\" != none ]; then\n"
    "    if [ -n \"$paths\" ]; then\n"
    "      compopt -o filenames 2>/dev/null\n"
    "      mapfile -t COMPREPLY < <(compgen $paths -- \"$current\")\n"
    "    else\n"
    "      COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "    fi\n"
    "    return\n"
    "  fi\n"
    "  case $command in\n";

static const char script_foot[] =
    "  esac\n"
    "  case $current in\n"
    "  -*)\n"
    "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
    "    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null\n"
    "    ;;\n"
    "  *)\n"
    "    if [ -n \"$subcommands\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
    "      COMPREPLY=($(compgen -W \"$subcommands\" -- \"$current\"))\n"
    "    else\n"
    "      compopt -o filenames 2>/dev/null\n"
    "      mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
    "    fi\n"
    "    ;;\n"
    "  esac\n"
    "}\n"
    "complete -F _pgrehearse pgrehearse\n";

int completion_bash(struct buf *out, struct err *err)
{
	int rc = 0;

	buf_adds(out, script_head);
	for (size_t i = 0; i < n_commands; i++)
		buf_addf(out, "%s%s", i ? " " : "", commands[i].name);
	buf_adds(out, script_arguments);
	for (size_t i = 0; rc >= 0 && i < n_commands; i++)
		rc = usage_render(&commands[i], add_command_arguments, out, err);
	buf_adds(out, script_commands);
	for (size_t i = 0; rc >= 0 && i < n_commands; i++)
		rc = usage_render(&commands[i], add_command_words, out, err);
	buf_adds(out, script_foot);
	return rc < 0 ? rc : 0;
}
