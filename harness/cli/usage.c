#include "cli/usage.h"

#include <string.h>

#define HELP_COLUMN 30

static const char program_head[] =
    "pgrehearse rehearses a PostgreSQL change against the production workload.\n"
    "\n"
    "Usage:\n"
    "  pgrehearse COMMAND [OPTIONS]\n"
    "\n"
    "Commands:\n";

static const char program_foot[] =
    "\n"
    "\"pgrehearse COMMAND --help\" explains a command. Connections follow libpq: -h -p -U -d,\n"
    "connection URIs, PG* variables, service files and .pgpass.\n"
    "\n"
    "Exit codes: 0 pass, 1 a threshold was breached, 2 usage or configuration error,\n"
    "3 environment failure, 4 inconclusive, 70 a bug, 128+n stopped by signal n.\n";

void usage_print_program(FILE *out)
{
	fputs(program_head, out);
	for (size_t i = 0; i < n_commands; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs(program_foot, out);
}

static void print_options(FILE *out, const struct option_spec *option)
{
	for (; option->kind != OPTION_END; option++) {
		char left[80];
		int width;

		width = snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
		    option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
		    option->argument ? "=" : "", option->argument ? option->argument : "");
		if (width >= HELP_COLUMN)
			fprintf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", option->help);
		else
			fprintf(out, "%-*s%s\n", HELP_COLUMN, left, option->help);
		if (option->kind == OPTION_CHOICE) {
			fprintf(out, "%*sone of:", HELP_COLUMN, "");
			for (int i = 0; option->choices[i]; i++)
				fprintf(out, " %s", option->choices[i]);
			fputc('\n', out);
		}
	}
}

void usage_print_command(FILE *out, const struct usage *usage, const struct option_spec *options)
{
	fprintf(
	    out, "Usage:\n  pgrehearse %s %s\n\n%s\n", usage->command, usage->synopsis, usage->about);
	if (options->kind != OPTION_END) {
		fputs("\nOptions:\n", out);
		print_options(out, options);
	}
	fputs("\nCommon options:\n", out);
	print_options(out, options_common());
	if (usage->examples)
		fprintf(out, "\nExamples:\n%s\n", usage->examples);
}
