# Lists whose length production does not tell: PostgreSQL 18 counts IN (1, 2) and IN (1, 2, 3) as one
# statement and shows neither. Binding chooses the length by the work per call, and what stands
# after a list keeps its values.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run timeout);
use JSON::PP;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my %bindir = map { split /=/, $_, 2 } split /:/, $ENV{PGREHEARSE_POSTGRES_BINDIRS} // '';
$bindir{18} or plan skip_all => 'PostgreSQL 18 is not here: ci/postgres-versions fetches it';

my $dir = tempdir('pgrehearse-lists.XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0711, $dir;
delete @ENV{grep { /^PG/ && !/^PGREHEARSE/ } keys %ENV};

mkdir "$dir/shop";
spew("$dir/shop/010_shop.sql", <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, basket int NOT NULL, kind int NOT NULL, state text NOT NULL, pad text);
INSERT INTO item SELECT i, i % 10000, i % 37, (ARRAY['open', 'sent', 'paid'])[1 + i % 3], repeat('x', 100)
	FROM generate_series(1, 60000) i;
CREATE INDEX ON item (basket);
CREATE INDEX ON item (kind);
SQL

sub pgrehearse
{
	my @command = @_;
	my ($out, $err) = ('', '');
	run([ $pgrehearse, @command ], \undef, \$out, \$err, timeout(150));
	is($? >> 8, 0, "$command[0] $command[1]") or diag("$out$err");
	return $out;
}

sub numbers { return join ', ', map { ":n$_" } 1 .. $_[0] }

# [its output, which tells it from the others; WHERE ...; how many :n there are and from how many values;
# the lengths where the figures tell them]
my @shapes = (
	[ 'id', 'id IN (' . numbers(3) . ')', 3, 60000, 3 ],
	[ 'id, pad', 'id IN (' . numbers(250) . ')', 250, 60000, 250 ],
	[ 'count(*)', 'basket IN (' . numbers(3) . ')', 3, 10000, 3 ],
	[ 'count(pad)', 'basket IN (' . numbers(30) . ')', 30, 10000, 30 ],
	[ 'count(id)', 'basket = ANY (ARRAY[' . numbers(250) . ']::int[])', 250, 10000 ],
	[ 'sum(id)', 'basket IN (' . numbers(30) . ") AND state = 'open' AND kind <> :n1", 30, 10000, 30 ],
	[ 'sum(kind)', "state = 'open' AND basket IN (" . numbers(30) . ')', 30, 10000, 30 ],
	[ 'kind', 'basket IN (' . numbers(30) . ') ORDER BY pad LIMIT 10', 30, 10000, 30 ],
	[ 'avg(kind)', 'basket IN (' . numbers(60) . ") AND state IN ('open', 'sent')", 60, 10000 ],
	[ 'id, kind', 'id IN (' . numbers(3) . ') OR basket IN (' . numbers(20) . ')', 20, 10000 ],
);

sub script
{
	my ($shape) = @_;
	return join '', (map { "\\set n$_ random(1, $shape->[3])\n" } 1 .. $shape->[2]), "SELECT $shape->[0] FROM item WHERE $shape->[1];\n";
}

my @lab = ('--dir', "$dir/lab");
pgrehearse('lab', 'start', @lab, '--bindir', $bindir{18});
pgrehearse('lab', 'load', @lab, "$dir/shop");
my ($host, $port) = pgrehearse('lab', 'env', @lab) =~ /PGHOST='(.*?)'.*PGPORT='(.*?)'/s;
my @server = ('-h', $host, '-p', $port, '-U', 'postgres');

for my $protocol (qw(prepared simple)) {
	pgrehearse('lab', 'psql', @lab, 'postgres', '--', '-qXc', "CREATE DATABASE $protocol TEMPLATE shop");
	for my $shape (@shapes) {
		run([ 'pgbench', '-n', '-c', 1, '-t', 20, '--random-seed', 7, '-M', $protocol, '-f',
				spew("$dir/script.sql", script($shape)), @server, $protocol ], '>', "$dir/pgbench", '2>&1')
		  or BAIL_OUT(slurp("$dir/pgbench"));
	}
	pgrehearse('capture', @server, '-d', $protocol, '--since-reset', '-o', "$dir/$protocol.json");
	my $workload = decode_json(slurp("$dir/$protocol.json"));
	pgrehearse('lab', 'psql', @lab, 'postgres', '--', '-qXc', "CREATE DATABASE staging_$protocol TEMPLATE shop");
	pgrehearse('bind', @server, '-d', "staging_$protocol", '-w', "$dir/$protocol.json", '-o', "$dir/$protocol.vectors",
		'--calibrate-time', '20s');
	pgrehearse('clone', 'mark', @server, '-d', "staging_$protocol");
	pgrehearse('replay', @server, '-d', "staging_$protocol", '--vectors', "$dir/$protocol.vectors", '-R', 100, '-T',
		'3s', '-c', 2, '-o', "$dir/result.$protocol");
	my $run = decode_json(slurp("$dir/result.$protocol/run.json"));
	subtest "$protocol statements" => sub {
		for my $shape (@shapes) {
			near_production($shape, $workload, $run);
		}
	};
}

sub per_call
{
	my ($work) = @_;
	return () unless $work && $work->{calls};
	return map { $_ / $work->{calls} } $work->{rows}, $work->{shared_hit} + $work->{shared_read};
}

sub near_production
{
	my ($shape, $workload, $run) = @_;
	my $name = $shape->[0];
	my ($there) = grep { index($_->{text}, "SELECT $name FROM") == 0 } @{ $workload->{statements} };
	my ($here) = grep { $_->{queryid} eq $there->{queryid} } @{ $run->{statements} };
	my ($rows, $blocks) = per_call($there->{work});
	my ($found_rows, $found_blocks) = per_call($here->{arms}{baseline}{work});
	my $note = "$name: " . ($here->{note} // $here->{skip_reason} // '');

	like($there->{text}, qr{/\*, \.\.\. \*/}, "$name: the list is squashed");
	within($note =~ /given (\d+) el/ ? $1 : 0, $shape->[4], "$note: $shape->[4] elements") if $shape->[4];
	within($found_rows, $rows, "$note: $rows rows per call");
	within($found_blocks, $blocks, "$note: $blocks blocks per call");
}

sub within
{
	my ($found, $wanted, $what) = @_;
	my $near = defined $found && (abs($found - $wanted) < 1 || ($found <= 1.25 * $wanted && $wanted <= 1.25 * $found));
	ok($near, $what) or diag($found // 'none');
}

done_testing();

END {
	my $code = $?;
	run([ $pgrehearse, 'lab', 'stop', @lab ], '>', '/dev/null') if $dir && -d "$dir/lab";
	$? = $code;
}
