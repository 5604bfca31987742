# shellcheck shell=bash
# Of run.sh: the tables.

# The median of the numbers in values[key].
median='
  function median(key,    n, i, j, t, v) {
    n = split(values[key], v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
  }'

# The medians of both, a case a line.
beside() {
  awk "$median"'
    function pair(column, unit,    a, b) {
      a = median(names[i] SUBSEP "mariadb" SUBSEP column) / unit
      b = median(names[i] SUBSEP "mysql" SUBSEP column) / unit
      return sprintf("%10.2f %10.2f %6.2f", a, b, a > 0 ? b / a : 0)
    }
    FNR == 1 { ++file }
    {
      if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
      for (c = 2; c <= NF; c++) values[$1, file == 1 ? "mariadb" : "mysql", c] = values[$1, file == 1 ? "mariadb" : "mysql", c] " " $c
    }
    END {
      printf "\n%-19s %-28s %-28s %-28s %-28s\n", "MariaDB, MySQL", "req/s", "p50 ms", "p99 ms", "database, CPU µs a request"
      for (i = 1; i <= count; i++) printf "%-19s%s%s%s%s\n", names[i], pair(2, 1), pair(4, 1000), pair(5, 1000), pair(8, 1)
    }' "$1/mariadb" "$1/mysql"
}

report() {
  awk "$median"'
    function verdict(what, is, aim, most) {
      printf "  %-44s %8.3f  aim %s %-5s %s\n", what, is, (most ? "<=" : ">="), aim, (most ? is <= aim : is >= aim) ? "met" : "missed"
    }
    {
      if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
      for (i = 2; i <= NF; i++) values[$1, i] = values[$1, i] " " $i
      values[$1, "ratio"] = values[$1, "ratio"] " " $2 / $3
      refused[$1] += $9
    }
    END {
      printf "%-19s %8s %8s %6s %8s %8s %8s %8s %8s %6s %6s %5s\n", "case", "req/s", "beside", "ratio", "p50 ms", "p99 ms",
        "nginx", "tenantd", "database", "execs", "trips", "bad"
      for (i = 1; i <= count; i++) {
        n = names[i]
        printf "%-19s %8.0f %8.0f %6.2f %8.2f %8.2f %8.1f %8.1f %8.1f %6.2f %6.2f %5d\n", n, median(n SUBSEP 2), median(n SUBSEP 3), median(n SUBSEP "ratio"),
          median(n SUBSEP 4) / 1000, median(n SUBSEP 5) / 1000, median(n SUBSEP 6), median(n SUBSEP 7), median(n SUBSEP 8), median(n SUBSEP 10), median(n SUBSEP 11), refused[n]
      }
      print "beside: hello, for sign-in the raw hash; nginx, tenantd, database: CPU microseconds a request;"
      print "execs: prepared statements a request; trips: all statements that tenantd sent, COMMIT included\n"
      for (i = 1; i <= count; i++) {
        n = names[i]
        cost = (median(n SUBSEP 7) + median(n SUBSEP 8)) / 1000
        if (n == "me") verdict("me, of the rate of hello", median(n SUBSEP "ratio"), 0.5, 0)
        if (n == "sign-in") verdict("sign-in, of the rate of the raw hash", median(n SUBSEP "ratio"), 0.9, 0)
        if (n == "sign-in") verdict("sign-in, CPU ms over the hash (" sprintf("%.1f", median(n SUBSEP 12) / 1000) ")", cost - median(n SUBSEP 12) / 1000, 1, 1)
        aim = n == "me" ? 0.12 : n == "list" || n == "products" ? 0.25 : n == "invite" || n == "movement" ? 0.5 : n ~ /users/ ? 5 : ""
        if (aim != "") verdict(n ", CPU ms of tenantd and database", cost, aim, 1)
      }
    }' "$work/results"
}

report_memory() {
  awk -v title="$1" -v judge="$2" '
    { if (!($1 in sum)) order[++kinds] = $1; sum[$1] += $2; number[$1]++; total += $2 }
    END {
      printf "PSS %s:", title
      for (i = 1; i <= kinds; i++) {
        k = order[i]
        printf " %s %.1f MB%s%s", k, sum[k] / number[k] / 1024, (number[k] > 1 ? " x " number[k] : ""), (i < kinds ? "," : "")
      }
      printf "; together %.1f MB", total / 1024
      if (judge) printf "  aim < 40 %s", (total / 1024 < 40 ? "met" : "missed")
      print ""
    }' "$3"
}
