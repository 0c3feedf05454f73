/*
 * commands: one declaration per cli/cmd_<name>.c. To add a command: its file, a line here and a
 * row in commands.c.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

command_run cmd_bind;
command_run cmd_calibrate;
command_run cmd_capture;
command_run cmd_clone;
command_run cmd_gate;
command_run cmd_help;
command_run cmd_inspect;
command_run cmd_judge;
command_run cmd_lab;
command_run cmd_plan;
command_run cmd_replay;
command_run cmd_report;

#endif
