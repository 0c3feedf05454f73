# What people copy: the CI templates are valid YAML whose scripts treat each exit code as they say,
# the architecture picture and its draw.io source show the same, and every command line in the
# documents is one that the program knows.
use strict;
use warnings FATAL => 'all';

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run);
use JSON::PP;
use Test::More;

my $program = $ENV{PGREHEARSE} or die 'PGREHEARSE names the program to test';
my $root = $ENV{PGREHEARSE_ROOT} // '.';
my $dir = tempdir(CLEANUP => 1);

sub output_of
{
	my ($out, $err) = ('', '');
	run [@_], '<', \undef, '>', \$out, '2>', \$err;
	return ($? >> 8, $out, $err);
}

sub yaml
{
	my ($path) = @_;
	my ($code, $json, $err) = output_of('python3', '-c',
		'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout, default=str)', $path);
	is($code, 0, "$path is YAML") or diag $err;
	return $code == 0 ? decode_json($json) : {};
}

# Run a template's script with a pgrehearse that only writes a report and exits.
sub exit_of_script
{
	my ($script, $gate_code) = @_;
	my $work = tempdir(CLEANUP => 1);
	mkdir "$work/bin";
	spew("$work/bin/pgrehearse", "#!/bin/sh\nmkdir -p results/run\necho report > results/run/report.md\n"
	  . "echo ::notice::seen > results/run/annotations.txt\necho 'TAP version 14'\nexit $gate_code\n");
	chmod 0755, "$work/bin/pgrehearse";
	local %ENV = (%ENV,
		PATH => "$work/bin:$ENV{PATH}", RUNNER_TEMP => $work, STAGING_PG_SERVICE => '[staging]',
		GITHUB_OUTPUT => "$work/output", GITHUB_STEP_SUMMARY => "$work/summary");
	my ($code, $out) = output_of('bash', '-c', "cd $work && set -eo pipefail\n$script");
	my $summary = -e "$work/summary" ? slurp("$work/summary") : '';
	return ($code, $out, $summary);
}

my $github = yaml("$root/ci/templates/github-actions.yml");
my ($step) = grep { $_->{name} && $_->{name} eq 'Rehearse' } @{ $github->{jobs}{gate}{steps} };
ok($step, 'GitHub: there is a step that rehearses');
for my $case ([ 0, 0 ], [ 1, 1 ], [ 2, 2 ], [ 3, 3 ], [ 4, 0 ])
{
	my ($code, $out, $summary) = exit_of_script($step->{run}, $case->[0]);
	is($code, $case->[1], "GitHub: gate exit code $case->[0] ends the step with $case->[1]");
	is($out =~ /::warning/ ? 1 : 0, $case->[0] == 4 ? 1 : 0, '... and warns only when inconclusive');
	is($summary, "report\n", '... with the report in the job summary');
	like($out, qr/^::notice::seen$/m, '... and its annotations');
}
my @uses = map { $_->{uses} // () } map { @{ $_->{steps} } } values %{ $github->{jobs} };
is_deeply([ grep { !/^actions\/[\w-]+\@v\d+$/ } @uses ], [], 'GitHub: only actions of GitHub, pinned to a version');

my $gitlab = yaml("$root/ci/templates/gitlab-ci.yml");
my $script = join "\n", @{ $gitlab->{rehearse}{script} };
is_deeply($gitlab->{rehearse}{allow_failure}{exit_codes}, [4], 'GitLab: inconclusive is a warning');
for my $gate_code (0, 1, 4)
{
	my ($code, $out) = exit_of_script($script, $gate_code);
	is($code, $gate_code, "GitLab: gate exit code $gate_code is the job's");
}
is($gitlab->{rehearse}{artifacts}{when}, 'always', 'GitLab: the result is kept whatever the verdict');

# The picture.
sub words { return join ' ', sort { $a cmp $b } grep { length } map { split ' ' } @_ }

my ($svg, $drawio) = map { slurp("$root/ci/architecture.$_", ':encoding(UTF-8)') } qw(svg drawio);
for my $name (qw(svg drawio))
{
	my ($code, undef, $err) = output_of('xmllint', '--noout', "$root/ci/architecture.$name");
	is("$code$err", '0', "architecture.$name is well-formed");
}
like($drawio, qr/<mxfile[ >].*<mxGraphModel[ >].*<\/mxfile>/s, '... and the source is a draw.io file');
my @drawn = $svg =~ /<text [^>]*>([^<]*)<\/text>/g;
my @source = map { s/&lt;.*?&gt;/ /gr } $drawio =~ /value="([^"]*)"/g;
is(words(@source), words(@drawn), 'source and picture say the same');
is(scalar(() = $drawio =~ /edge="1"/g), scalar(() = $svg =~ /<polyline/g), '... and have the same arrows');

# Command lines in the documents.
my %help;
sub help_of
{
	my ($command) = @_;
	$help{$command} //= (output_of($program, $command, '--help'))[1];
	return $help{$command};
}
my ($overview) = (output_of($program, '--help'))[1];
my %known = map { $_ => 1 } $overview =~ /^  (\w+) +\S/mg;
my @unknown;
for my $path ("$root/README.md", glob("$root/ci/templates/* $root/ci/demo $root/ci/capture-workload $root/{workloads,fixtures}/*/README.md"))
{
	my $text = slurp($path, ':encoding(UTF-8)');
	$text =~ s/\\\n/ /g;
	while ($text =~ /(?:^|[`(\s])(?:"\$)?pgrehearse"? (\w+)((?: [^\n`|>)]*)?)/mg)
	{
		my ($command, $rest) = ($1, $2);
		next unless $known{$command} || $rest =~ / -/;
		push @unknown, "$path: pgrehearse $command" unless $known{$command};
		next unless $known{$command};
		$rest =~ s/ -- .*//;
		for my $option ($rest =~ / (--[\w-]+)/g)
		{
			push @unknown, "$path: pgrehearse $command $option" unless help_of($command) =~ /\Q$option\E(?![\w-])/;
		}
	}
}
is_deeply(\@unknown, [], 'the documents name commands and options that there are');

done_testing();
