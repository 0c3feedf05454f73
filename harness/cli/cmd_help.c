/*
 * help: the usage of a command, its manual page, or completion for a shell, all from the tables.
 */
#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/usage.h"

#include <stdio.h>
#include <string.h>

#define GATE_PAGE "gate.yaml"

static const struct usage usage = {
    .command = "help",
    .synopsis = "[OPTIONS] [COMMAND|gate.yaml]",
    .about = "Show how pgrehearse or one of its commands is used. With --man, print the source of "
             "its manual page, or of gate.yaml(5). With --completion, print a script that "
             "completes commands, options and their values.",
    .examples = "  pgrehearse help gate\n"
                "  pgrehearse help --man gate.yaml | man -l -\n"
                "  source <(pgrehearse help --completion bash)",
};

struct request {
	bool man;
	int shell;
	const char *all_dir;
};

static const char *const shells[] = {"bash", "zsh", NULL};
static int (*const completions[])(struct buf *, struct err *) = {completion_bash, completion_zsh};

static int unknown_page(const char *name, struct err *err)
{
	err_set(err, ERR_USAGE, "there is no command \"%.60s\"", name);
	return err_hint(err, "\"pgrehearse help\" lists the commands; " GATE_PAGE " has a manual page");
}

/* name is NULL for the program itself. */
static int add_page(struct buf *out, const char *name, struct err *err)
{
	if (!name)
		manual_program(out);
	else if (strcmp(name, GATE_PAGE) == 0)
		manual_gate(out);
	else if (command_find(name))
		return usage_render(command_find(name), manual_command, out, err);
	else
		return unknown_page(name, err);
	return 0;
}

static int add_usage(struct buf *out, const char *name, struct err *err)
{
	if (!name) {
		usage_program(out);
		return 0;
	}
	if (strcmp(name, GATE_PAGE) == 0) {
		err_set(err, ERR_USAGE, GATE_PAGE " is not a command");
		return err_hint(
		    err, "it has a manual page: pgrehearse help --man " GATE_PAGE " | man -l -");
	}
	return command_find(name) ? usage_render(command_find(name), usage_text, out, err)
	                          : unknown_page(name, err);
}

/* Below dir, where share/ has it. */
static int write_file(const char *dir, const char *path, const struct buf *text, struct err *err)
{
	_cleanup_free_ char *file = file_join(dir, path);
	_cleanup_free_ char *parent = file_dirname(file);

	if (file_mkdir_all(parent, 0755, err) < 0)
		return err->code;
	return file_write_atomic(file, text->data, text->len, 0644, err);
}

static int write_page(const char *dir, const char *name, struct err *err)
{
	bool gate = name && strcmp(name, GATE_PAGE) == 0;
	_cleanup_free_ char *path = gate   ? xstrdup("man/man5/" GATE_PAGE ".5")
	                            : name ? xasprintf("man/man1/pgrehearse-%s.1", name)
	                                   : xstrdup("man/man1/pgrehearse.1");
	_cleanup_buf_ struct buf page = BUF_INIT;
	int rc = add_page(&page, name, err);

	return rc < 0 ? rc : write_file(dir, path, &page, err);
}

static int write_completion(const char *dir, size_t shell, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf script = BUF_INIT;
	int rc = completions[shell](&script, err);

	return rc < 0 ? rc : write_file(dir, path, &script, err);
}

static int write_all(const char *dir, struct err *err)
{
	int rc = write_page(dir, NULL, err);

	for (size_t i = 0; rc >= 0 && i < n_commands; i++)
		rc = write_page(dir, commands[i].name, err);
	if (rc >= 0)
		rc = write_page(dir, GATE_PAGE, err);
	if (rc >= 0)
		rc = write_completion(dir, 0, "bash-completion/completions/pgrehearse", err);
	if (rc >= 0)
		rc = write_completion(dir, 1, "zsh/site-functions/_pgrehearse", err);
	return rc;
}

static int show(const struct request *request, const char *name, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int rc;

	if (request->shell >= 0)
		rc = completions[request->shell](&text, err);
	else if (request->man)
		rc = add_page(&text, name, err);
	else
		rc = add_usage(&text, name, err);
	if (rc >= 0)
		fputs(text.data, stdout);
	return rc;
}

int cmd_help(int argc, char **argv, struct err *err)
{
	struct request request = {.shell = -1};
	_cleanup_(strv_release) struct strv args = {0};
	const struct option_spec options[] = {
	    {"man", 0, OPTION_FLAG, NULL, "print the source of the manual page", &request.man},
	    {"completion", 0, OPTION_CHOICE, "SHELL", "print completion for a shell", &request.shell,
	        shells},
	    {"all", 0, OPTION_STRING, "DIR",
	        "write every manual page and completion below DIR, for packagers: DIR/man, "
	        "DIR/bash-completion, DIR/zsh",
	        &request.all_dir},
	    OPTIONS_END,
	};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc < 0 ? rc : EXIT_PASS;
	if (args.n > 1)
		return err_set(err, ERR_USAGE, "one command at a time, not %zu", args.n);
	rc = request.all_dir ? write_all(request.all_dir, err)
	                     : show(&request, args.n ? args.items[0] : NULL, err);
	return rc < 0 ? rc : EXIT_PASS;
}
