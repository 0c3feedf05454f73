# lab: what a user sees: how to connect, exit codes, and that nothing is left.
use strict;
use warnings;
use Cwd qw(realpath);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run timeout);
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $base = realpath(tempdir(CLEANUP => 1));
chmod 0711, $base; # run as root, the server is somebody else
my $dir = "$base/lab";

# Variables of another server must not lead astray.
local $ENV{PGHOST} = '/nowhere';
local $ENV{PGPORT} = 1;
local $ENV{PGREHEARSE_LAB} = $dir;

sub lab
{
	my ($out, $err) = ('', '');
	run([ $pgrehearse, 'lab', @_ ], \undef, \$out, \$err, timeout(180));
	return ($? >> 8, $out, $err);
}

my ($code, $out, $err) = lab('status');
is($code, 3, 'status of no lab: as pg_ctl, 3');
is($out, "no lab in $dir\n", '... and says so');

($code, $out, $err) = lab('stop');
is($code, 0, 'stopping what does not run is fine');

($code, $out, $err) = lab('psql');
is($code, 3, 'psql without a lab fails');
like($err, qr/hint: start it: pgrehearse lab start/, '... and says what to do');

($code, $out, $err) = lab('start');
is($code, 0, 'start') or die "the lab does not start: $err";
like($out, qr/^lab started in \Q$dir\E$/m, '... says where');
like($out, qr/^  psql -h \S+ -p \d+ -U postgres$/m, '... and how to connect');
my ($psql) = $out =~ /^  (psql .*)$/m;

($code, $out, $err) = lab('start');
is($code, 0, 'start again');
like($out, qr/^lab already running in \Q$dir\E$/m, '... finds it running');

($code, $out, $err) = lab('status');
is($code, 0, 'status of a running lab');
like($out, qr/^  \Q$psql\E$/m, '... shows the same connection');

my ($mode) = (stat $dir)[2] & 0777;
is($mode & 007, 0, 'nobody else can enter the directory');

is(`$psql -AtXc "SHOW shared_preload_libraries"`, "pg_stat_statements\n", 'that connection works');
is(`$psql -AtXc "SHOW listen_addresses"`, "\n", 'no TCP port is open');

($code, $out, $err) = lab('psql', 'postgres', '--', '-AtXc', 'SHOW fsync');
is($out, "on\n", 'lab psql runs psql there');

mkdir "$base/shop";
spew("$base/shop/010_table.sql", "CREATE TABLE item AS SELECT generate_series(1, 10) AS id;\n");
spew("$base/shop/020_data.sql", "\\copy item FROM 'more.csv' CSV\n");
spew("$base/shop/more.csv", "11\n12\n");
spew("$base/shop/notes.sql", "SELECT 1/0;\n");
($code, $out, $err) = lab('load', "$base/shop");
is($code, 0, 'load a fixture') or diag($err);
($code, $out, $err) = lab('psql', 'shop', '--', '-AtXc', 'SELECT count(*) FROM item');
is($out, "12\n", '... its files ran in order, beside their data');
($code, $out, $err) = lab('psql', 'shop', '--', '-AtXc',
	"SELECT relallvisible = relpages, age(relfrozenxid) < 1000 FROM pg_class"
	  . " WHERE relname = 'item'");
is($out, "t|t\n", '... and its tables are frozen');

# A fixture that reads a variable is another one when the variable is.
spew("$base/shop/015_more.sql", "\\set n `echo \"\${PGREHEARSE_ITEMS:-0}\"`\n"
	  . "INSERT INTO item SELECT generate_series(101, 100 + :n);\n");
my @counts;
for my $items (undef, 5, 5, 7)
{
	local $ENV{PGREHEARSE_ITEMS} = $items;
	delete $ENV{PGREHEARSE_ITEMS} unless defined $items;
	($code, $out, $err) = lab('load', "$base/shop");
	my $loaded = $err =~ /loading fixture/ ? 'loaded' : 'kept';
	($code, $out, $err) = lab('psql', 'shop', '--', '-AtXc', 'SELECT count(*) FROM item');
	push @counts, $loaded, 0 + $out;
}
is_deeply(\@counts, [ loaded => 12, loaded => 17, kept => 17, loaded => 19 ],
	'... and is loaded again when a variable that it reads has changed');

spew("$base/shop/030_broken.sql", "SELECT 1;\nSELECT nonsense;\n");
($code, $out, $err) = lab('load', "$base/shop");
is($code, 3, 'a fixture that fails');
like($err, qr/030_broken\.sql:2: ERROR:  column "nonsense" does not exist/,
	'... names file and line');

spew("$base/mine.txt", 'mine');
($code, $out, $err) = lab('stop', '--dir', $base);
is($code, 2, 'a directory that is no lab is not stopped');
like($err, qr/not a lab/, '... but refused');
ok(-e "$base/mine.txt", '... and left alone');
($code, $out, $err) = lab('start', '--dir', $base);
is($code, 2, 'nor is a lab made among other files');

($code, $out, $err) = lab('start', '--dir', "$base/other", '--bindir', $base);
is($code, 2, 'a bindir without programs');
like($err, qr/no initdb.*in \Q$base\E.*hint:/s, '... is named');

{
	# What a full disk looks like from here: initdb says so and fails.
	mkdir "$base/bin";
	for my $program (qw(initdb pg_ctl postgres))
	{
		my $script = $program eq 'postgres' ? 'echo "postgres (PostgreSQL) 15.0"'
		  : 'echo "initdb: error: could not write: No space left on device" >&2; exit 1';
		spew("$base/bin/$program", "#!/bin/sh\n$script\n");
		chmod 0755, "$base/bin/$program";
	}
	($code, $out, $err) = lab('start', '--dir', "$base/full", '--bindir', "$base/bin");
	is($code, 3, 'a full disk is a failure of the environment');
	like($err, qr/No space left.*hint: the disk is full/s, '... with what to do');
	ok(!-e "$base/full", '... and leaves nothing');
}

{
	# A configuration that the server refuses shows the end of its log.
	my ($pid) = `cat $dir/data/postmaster.pid` =~ /^(\d+)/;
	kill 'INT', $pid;
	for (1 .. 200) { last unless -e "$dir/data/postmaster.pid"; select(undef, undef, undef, 0.05); }
	open(my $conf, '>>', "$dir/data/postgresql.conf");
	print $conf "work_mem = 'plenty'\n";
	close($conf);
	($code, $out, $err) = lab('status');
	is($code, 3, 'a lab whose server ended is not running');
	($code, $out, $err) = lab('start');
	is($code, 3, 'a server that does not start');
	like($err, qr/work_mem/, '... its log is in the message');
}

($code, $out, $err) = lab('stop');
is($code, 0, 'stop');
ok(!-e $dir, '... removes everything');

for my $bad ([], ['begin'], [ 'stop', 'now' ])
{
	($code, $out, $err) = lab(@$bad);
	is($code, 2, "usage error: lab @$bad");
}
($code, $out, $err) = lab('--help');
is($code, 0, 'help');
like($out, qr/start.*stop.*status.*psql.*load/s, '... names the subcommands');

SKIP:
{
	skip 'only root gives its privileges up', 5 unless $> == 0;
	my $rooted = tempdir('/tmp/pgrehearse-root-XXXXXX', CLEANUP => 1);
	chmod 0700, $rooted;
	($code, $out, $err) = lab('start', '--dir', "$rooted/lab");
	is($code, 3, 'a directory of root that the server cannot enter');
	like($err, qr/hint: the server runs as another user/, '... says who must be able to');
	chmod 0711, $rooted;
	($code, $out, $err) = lab('start', '--dir', "$rooted/lab");
	is($code, 0, 'root can start a lab') or diag($err);
	my ($pid) = $out =~ /process (\d+)/;
	isnt((stat "/proc/$pid")[4], 0, '... whose server does not run as root');
	($code, $out, $err) = lab('stop', '--dir', "$rooted/lab");
	ok(!-e "$rooted/lab", '... and stop it');
}

done_testing();
