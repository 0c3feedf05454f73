# What a user sees of a long run: a live view on a terminal, plain lines in a log, nothing with
# --quiet, no colours when they are not wanted.
use strict;
use warnings FATAL => 'all';

use Cwd qw(realpath);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run timeout);
use Test::More;

my $program = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $base = realpath(tempdir(CLEANUP => 1));
chmod 0711, $base;
delete @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PGSERVICE NO_COLOR)};
local $ENV{PGREHEARSE_LAB} = "$base/lab";
chdir $base or die $!;

sub must
{
	my $err = '';
	run([ $program, @_ ], \undef, '>', \my $out, '2>', \$err, timeout(180)) or die "@_: $err";
	return $out;
}

END { run([ $program, 'lab', 'stop', '-q' ], \undef, '>', \my $out, '2>', \my $err) if $program }

mkdir "$base/tiny";
chmod 0755, "$base/tiny";
spew("$base/tiny/010_all.sql",
	"CREATE TABLE notes (id int PRIMARY KEY, author int NOT NULL, body text NOT NULL);\n"
	  . "INSERT INTO notes SELECT n, n % 50, repeat('x', 40) FROM generate_series(1, 5000) AS n;\n");
must('lab', 'start');
must('lab', 'load', "$base/tiny");
must('lab', 'psql', 'tiny', '--', '-qc', "SELECT body FROM notes WHERE id = $_") for 1 .. 5;
my ($host, $port) = must('lab', 'env') =~ /PGHOST='(.*?)'.*PGPORT='(.*?)'/s;
must('capture', '-h', $host, '-p', $port, '-U', 'postgres', '-d', 'tiny', '--since-reset', '-o', "$base/workload.json");
spew("$base/gate.yaml",
	"staging: {lab: {fixture: $base/tiny}}\nworkload: $base/workload.json\n"
	  . "replay: {rate: 50/s, time: 4s, clients: 2, early_stop: false}\n"
	  . "thresholds: [{metric: latency.p50, max_ratio: 9}]\n");

# Everything that reaches a terminal, stdout and stderr alike.
sub on_terminal
{
	my $out = '';
	run([ $program, 'gate', "$base/gate.yaml", @_ ], '<pty<', \undef, '>pty>', \$out, timeout(120));
	$out =~ s/\r\n/\n/g;
	return $out;
}
sub in_log
{
	my $err = '';
	run([ $program, 'gate', "$base/gate.yaml", @_ ], '<', \undef, '>', \my $out, '2>', \$err, timeout(120));
	return $err;
}

{
	local $ENV{TERM} = 'xterm';
	my $seen = on_terminal();
	like($seen, qr/\[=+>? *\]  \d of 4 s, \d s left/, 'a terminal shows how far the replay is');
	like($seen, qr{\d+/s per arm   schedule lag p99 \S+ \S+}, '... at which rate and lag');
	like($seen, qr/baseline +p50 [\d.]+ \S+ +p99 [\d.]+ \S+/, '... the latency of the baseline');
	like($seen, qr/candidate +p50 [\d.]+ \S+ +p99 [\d.]+ \S+/, '... and of the candidate');
	like($seen, qr/timing checks: .*\d open, /, '... and the checks so far');
	like($seen, qr/\033\[A\033\[K/, '... in place: its lines are replaced');
	like($seen, qr/\033\[1m\[ *[\d.]+ s\] replaying/, '... and the stages in bold');

	local $ENV{NO_COLOR} = '1';
	$seen = on_terminal('--no-early-stop');
	unlike($seen, qr/\033\[\d*m/, 'NO_COLOR: no colours');
	like($seen, qr/\033\[A\033\[K/, '... but still in place');

	local $ENV{TERM} = 'dumb';
	unlike(on_terminal(), qr/\033/, 'a dumb terminal gets plain lines');
}
my $log = in_log();
unlike($log, qr/[\033\r]/, 'a log has plain lines');
like($log, qr{^  \d of 4 s, \d s left; \d+/s per arm, lag p99 .*; p99 baseline .*, candidate .*; timing checks: }m,
	'... with the same figures in one');
cmp_ok(scalar(() = $log =~ / of 4 s, /g), '<=', 2, '... and few of them');
my $quiet = in_log('--quiet');
unlike($quiet, qr/replaying|of 4 s|results:/, '--quiet says nothing of it');

done_testing();
