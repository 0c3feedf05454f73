# The manual pages and the shell completion are made from the program's tables: every command,
# option, metric, gate key and report format is in them, and their readers accept them.
use strict;
use warnings FATAL => 'all';

use File::Find qw(find);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run);
use Test::More;

my $program = $ENV{PGREHEARSE} or die 'PGREHEARSE names the program to test';
my $root = $ENV{PGREHEARSE_ROOT} // '.';
my $dir = tempdir(CLEANUP => 1);

# (exit code, stdout, stderr)
sub output_of
{
	my ($out, $err) = ('', '');
	run [@_], '<', \undef, '>', \$out, '2>', \$err;
	return ($? >> 8, $out, $err);
}

sub pgrehearse { return output_of($program, @_) }

sub installed
{
	my ($name) = @_;
	return (grep { -x "$_/$name" } split /:/, $ENV{PATH})[0];
}

# The text of a page without what only roff reads.
sub plain
{
	my ($text) = @_;
	$text =~ s/\\-/-/g;
	$text =~ s/\\&//g;
	$text =~ s/\\ / /g;
	$text =~ s/\\\(aq/'/g;
	$text =~ s/^\.It (?:Cm|Li|Ev|Pa) //mg;
	return $text;
}

my ($code, $out, $err) = pgrehearse('help', '--all', "$dir/share");
is($code, 0, 'help --all writes everything') or diag $err;

my (undef, $overview) = pgrehearse('--help');
my ($list) = $overview =~ /^Commands:\n(.*?)\n\n/ms;
my @commands = $list =~ /^  (\w+) /mg;
cmp_ok(scalar @commands, '>=', 9, 'commands are listed');

my $man = "$dir/share/man";
my $program_page = plain(slurp("$man/man1/pgrehearse.1"));
my $gate_page = plain(slurp("$man/man5/gate.yaml.5"));
my $bash = slurp("$dir/share/bash-completion/completions/pgrehearse");
my $zsh = slurp("$dir/share/zsh/site-functions/_pgrehearse");

# Every command and option.
for my $command (@commands)
{
	my (undef, $help) = pgrehearse($command, '--help');
	my $page = plain(slurp("$man/man1/pgrehearse-$command.1"));
	my @missing;

	push @missing, 'the command in pgrehearse(1)' unless $program_page =~ /pgrehearse-$command 1/;
	my ($zsh_case) = $zsh =~ /^  $command\)\n(.*?);;/ms or push @missing, 'the command in zsh';
	my ($bash_case) = $bash =~ /^    $command\) options="(.*)$/m or push @missing, 'the command in bash';
	my @options = $help =~ /^  (?:-.,|   ) --([\w-]+)/mg;
	cmp_ok(scalar @options, '>=', 4, "$command has options");
	for my $option (@options)
	{
		push @missing, "--$option in the page" unless $page =~ /Fl -\Q$option\E(?: |$)/m;
		push @missing, "--$option in zsh" unless $zsh_case =~ /--\Q$option\E=?\[/;
		push @missing, "--$option in bash" unless $bash_case =~ / --\Q$option\E[= "]/;
	}
	is_deeply(\@missing, [], "$command: page and completion know all of --help");
}

# Every metric that gate.yaml takes: the table itself is the source.
my $metric_table = slurp("$root/harness/model/metric.c");
my @metrics = $metric_table =~ /^\t\{"([\w.]+)", METRIC_/mg;
push @metrics, map { my $p = $_; map { "$p.$_" } qw(mean p50 p90 p95 p99 p999 max) } qw(latency response);
cmp_ok(scalar @metrics, '>', 40, 'metrics are listed');
is_deeply([ grep { $gate_page !~ /^\Q$_\E$/m } @metrics ], [], 'gate.yaml(5) knows every metric');

# Every key: a wrong one is answered with the keys that are known there.
sub keys_at
{
	my ($text) = @_;
	spew("$dir/gate.yaml", $text);
	my ($rc, undef, $said) = pgrehearse('gate', "$dir/gate.yaml");
	is($rc, 2, 'an unknown key is a usage error');
	$said =~ /the keys here are: (.*)$/m or return fail("no keys are named: $said");
	return split /, /, $1;
}
my %section_of = (
	'' => "bogus: 1\n",
	'staging' => "staging: {bogus: 1}\n",
	'staging: lab' => "staging: {lab: {bogus: 1}}\n",
	'clone' => "clone: {bogus: 1}\n",
	'candidate' => "candidate: {bogus: 1}\n",
	'replay' => "replay: {bogus: 1}\n",
	'thresholds' => "thresholds: [{bogus: 1}]\n");
for my $section (sort keys %section_of)
{
	my ($text) = $section eq ''
	  ? $gate_page =~ /^\.Sh KEYS\n(.*?)^\.Ss/ms
	  : $gate_page =~ /^\.Ss \Q$section\E\n(.*?)^\.S[sh]/ms;
	my @documented = ($text // '') =~ /^(\w+) : Ar/mg;
	is_deeply([ sort @documented ], [ sort(keys_at($section_of{$section})) ],
		'gate.yaml(5) has the keys of ' . ($section || 'the file'));
}

# The defaults and the policy are those of --help and the code.
my (undef, $gate_help) = pgrehearse('gate', '--help');
my @policy = $gate_help =~ /^  - (\{metric: .*\})$/mg;
cmp_ok(scalar @policy, '>=', 8, 'gate --help names the default policy');
is_deeply([ grep { index($gate_page, $_) < 0 } @policy ], [], 'gate.yaml(5) names it too');

# Report formats.
my (undef, $report_help) = pgrehearse('report', '--help');
$report_help =~ s/\s+/ /g;
my ($named) = $report_help =~ /The formats: (.*?)\. Options:/;
my @formats = map { (split ' ')[0] } split /\), /, $named // '';
cmp_ok(scalar @formats, '>=', 8, 'report formats are listed');
is_deeply([ grep { $gate_page !~ /^\Q$_\E$/m } @formats ], [], 'gate.yaml(5) knows every report format');

# What reads them.
my @pages;
find(sub { push @pages, $File::Find::name if /\.[15]$/ }, $man);
is(scalar @pages, @commands + 2, 'a page for each command, the program and gate.yaml');
SKIP:
{
	skip 'mandoc is not installed', 1 unless installed('mandoc');
	my (undef, $said) = output_of('mandoc', '-Tlint', '-Wwarning', sort @pages);
	is($said, '', 'mandoc has nothing to warn about');
}
SKIP:
{
	skip 'groff is not installed', 1 unless installed('groff');
	my $said = '';
	for my $page (@pages)
	{
		my (undef, undef, $warnings) = output_of('groff', '-ww', '-mandoc', '-Tutf8', '-z', $page);
		$said .= $warnings;
	}
	is($said, '', 'groff has nothing to warn about');
}

# Completion at work.
my $try = q{
source "$1"
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pgrehearse; echo "${COMPREPLY[*]}"; }
try pgrehearse cap
try pgrehearse gate --max
try pgrehearse gate --protocol = pre
try pgrehearse lab st
try pgrehearse report -f change
};
($code, $out, $err) = output_of('bash', '-c', $try, 'bash', "$dir/share/bash-completion/completions/pgrehearse");
is($err, '', 'bash accepts its completion');
is_deeply([ split /\n/, $out ],
	[ 'capture', '--max-time=', 'prepared', 'start stop status', 'change-record' ], '... which completes');
SKIP:
{
	skip 'zsh is not installed', 1 unless installed('zsh');
	($code, $out, $err) = output_of('zsh', '-n', "$dir/share/zsh/site-functions/_pgrehearse");
	is("$code$err", '0', 'zsh accepts its completion');
}

# Mistakes.
($code, undef, $err) = pgrehearse('help', 'gait');
is($code, 2, 'help for what does not exist is a usage error');
like($err, qr/no command "gait"/, '... that says so');
($code, $out) = pgrehearse('help', 'gate');
is($out, $gate_help, 'help COMMAND is COMMAND --help');

done_testing();
