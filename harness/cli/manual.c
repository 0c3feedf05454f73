#include "cli/manual.h"

#include "base/mem.h"
#include "cli/mdoc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void add_exit_status(struct buf *out)
{
	mdoc_section(out, "EXIT STATUS");
	mdoc_list_begin(out);
	for (size_t i = 0; i < n_exit_codes; i++) {
		mdoc_item(out, "Li", exit_codes[i].code);
		mdoc_text(out, exit_codes[i].meaning);
	}
	mdoc_list_end(out);
}

static const struct {
	const char *name, *meaning;
} variables[] = {
    {"PGHOST", "and the other variables of libpq: the server, unless an option names it."},
    {"PGREHEARSE_LAB", "The directory of the lab. Default: /tmp/pgrehearse-UID/lab."},
    {"NO_COLOR", "When set and not empty, no colours."},
    {"COLUMNS", "The width of what inspect prints, when that is not a terminal."},
};

static const struct {
	const char *name, *what;
} files[] = {
    {"gate.yaml", "What to rehearse and what must hold: see gate.yaml(5)."},
    {"workload.json", "What production does: statements without literals, their mix, rates and "
                      "costs. Written by pgrehearse-capture(1)."},
    {"vectors.json", "Executable statements with values of staging, mode 0600. Written by "
                     "pgrehearse-bind(1)."},
    {"results/RUN-ID/run.json", "The run record: every figure, check and the verdict."},
    {"results/RUN-ID/samples.bin", "Every request: when it was due, sent and answered."},
    {"results/RUN-ID/report.html", "The report, beside the other formats of pgrehearse-report(1)."},
};

static int compare_commands(const void *a, const void *b)
{
	return strcmp(
	    (*(const struct command *const *)a)->name, (*(const struct command *const *)b)->name);
}

static void add_see_also(struct buf *out, const char *except)
{
	_cleanup_free_ const struct command **sorted = xcalloc(n_commands, sizeof(*sorted));

	for (size_t i = 0; i < n_commands; i++)
		sorted[i] = &commands[i];
	qsort(sorted, n_commands, sizeof(*sorted), compare_commands);
	mdoc_section(out, "SEE ALSO");
	if (except)
		buf_adds(out, ".Xr pgrehearse 1 ,\n");
	for (size_t i = 0; i < n_commands; i++)
		if (!except || strcmp(sorted[i]->name, except) != 0)
			buf_addf(out, ".Xr pgrehearse-%s 1 ,\n", sorted[i]->name);
	buf_adds(out, ".Xr gate.yaml 5\n");
}

void manual_program(struct buf *out)
{
	mdoc_head(out, "PGREHEARSE", 1, "pgrehearse",
	    "rehearse a PostgreSQL change against the production workload");
	mdoc_section(out, "SYNOPSIS");
	buf_adds(out, ".Nm\n.Ar COMMAND\n.Op Ar OPTIONS\n");
	mdoc_section(out, "DESCRIPTION");
	mdoc_text(out,
	    "Captures query samples from production's statistics, replays them at a target rate "
	    "against two clones of a staging database, one without a change (the baseline) and one "
	    "with it (the candidate), records latency histograms and write overhead, and exits "
	    "non-zero when a threshold is breached.");
	buf_adds(out, ".Pp\n");
	mdoc_text(out,
	    "Production is only read. What writes refuses a database that does not carry the mark of a "
	    "clone. Results go to standard output or to a file, everything else to standard error. "
	    "Connections follow libpq: connection options and URIs, environment variables, service "
	    "files and the password file.");
	mdoc_section(out, "COMMANDS");
	mdoc_list_begin(out);
	for (size_t i = 0; i < n_commands; i++) {
		buf_addf(out, ".It Xr pgrehearse-%s 1\n", commands[i].name);
		mdoc_text(out, commands[i].summary);
	}
	mdoc_list_end(out);
	mdoc_section(out, "ENVIRONMENT");
	mdoc_list_begin(out);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		mdoc_item(out, "Ev", variables[i].name);
		mdoc_text(out, variables[i].meaning);
	}
	mdoc_list_end(out);
	mdoc_section(out, "FILES");
	mdoc_list_begin(out);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		mdoc_item(out, "Pa", files[i].name);
		mdoc_text(out, files[i].what);
	}
	mdoc_list_end(out);
	add_exit_status(out);
	mdoc_section(out, "EXAMPLES");
	mdoc_text(out, "The main job, from production's statistics to a verdict:");
	mdoc_literal(out, "pgrehearse capture -d service=production --window 10min -o workload.json\n"
	                  "pgrehearse inspect workload.json\n"
	                  "pgrehearse gate gate.yaml");
	add_see_also(out, NULL);
}

/* "[OPTIONS] GATE.YAML", "start|stop", "-w WORKLOAD.JSON": each word by what it is. */
static void add_synopsis(struct buf *out, const struct usage *usage)
{
	_cleanup_free_ char *copy = xstrdup(usage->synopsis);
	char *rest = copy, *word;

	mdoc_section(out, "SYNOPSIS");
	buf_addf(out, ".Nm pgrehearse\n.Cm %s\n", usage->command);
	while ((word = strsep(&rest, " "))) {
		size_t len = strlen(word);

		if (word[0] == '[' && word[len - 1] == ']') {
			word[len - 1] = '\0';
			buf_adds(out, ".Op Ar ");
			mdoc_word(out, word + 1);
		} else {
			buf_adds(out, word[0] == '-'                    ? ".Fl "
			              : islower((unsigned char)word[0]) ? ".Cm "
			                                                : ".Ar ");
			mdoc_word(out, word + (word[0] == '-'));
		}
		buf_addc(out, '\n');
	}
}

static void add_about(struct buf *out, const char *about)
{
	_cleanup_buf_ struct buf block = BUF_INIT;
	bool literal, first = true;

	mdoc_section(out, "DESCRIPTION");
	while (usage_next_block(&about, &block, &literal)) {
		if (literal) {
			mdoc_literal(out, block.data);
		} else {
			if (!first)
				buf_adds(out, ".Pp\n");
			mdoc_text(out, block.data);
		}
		first = false;
	}
}

static void add_option(struct buf *out, const struct option_spec *option)
{
	buf_adds(out, ".It ");
	if (option->letter)
		buf_addf(out, "Fl %c , ", option->letter);
	buf_adds(out, "Fl \\-");
	mdoc_word(out, option->name);
	if (option->argument) {
		buf_adds(out, " Ns = Ns Ar ");
		mdoc_word(out, option->argument);
	}
	buf_addc(out, '\n');
	mdoc_text(out, option->help);
	if (option->kind == OPTION_CHOICE) {
		buf_adds(out, "One of\n");
		for (int i = 0; option->choices[i]; i++)
			buf_addf(out, ".Cm %s%s\n", option->choices[i], option->choices[i + 1] ? " ," : " .");
	}
}

static void add_options(struct buf *out, const char *title, const struct option_spec *option)
{
	if (option->kind == OPTION_END)
		return;
	mdoc_section(out, title);
	mdoc_list_begin(out);
	for (; option->kind != OPTION_END; option++)
		add_option(out, option);
	mdoc_list_end(out);
}

void manual_command(struct buf *out, const struct usage *usage, const struct option_spec *options)
{
	_cleanup_free_ char *name = xasprintf("pgrehearse-%s", usage->command);
	_cleanup_free_ char *title = xstrdup(name);

	for (char *c = title; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	mdoc_head(out, title, 1, name, command_find(usage->command)->summary);
	add_synopsis(out, usage);
	add_about(out, usage->about);
	add_options(out, "OPTIONS", options);
	add_options(out, "COMMON OPTIONS", options_common());
	add_exit_status(out);
	if (usage->examples) {
		mdoc_section(out, "EXAMPLES");
		mdoc_literal(out, usage->examples);
	}
	add_see_also(out, usage->command);
}
