# secrets: passwords, tokens, keys and card numbers in every place that a report takes texts from. All begin with PLANT. The driver's classes are those of pg-timer.
if missing "$OUT/leaks/secrets.hprof"; then
  compile pg-timer
  LIBS=$CP
  export PLANTED_TOKEN=PLANT40xenvironment
  JAVA_OPTS="-Dapi.key=PLANT41xoption -Dproxy=http://joe:PLANT42xoption@proxy.internal:3128/" leak secrets secrets/Secrets --password=PLANT43xargument
  unset PLANTED_TOKEN
fi
