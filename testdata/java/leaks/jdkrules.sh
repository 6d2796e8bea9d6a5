# For the rules that are written in YAML, each with a control in which all is closed, ended or completed:
# 3,000 Deflaters and 1,000 Inflaters that are not ended; 600 FileInputStreams, 200 FileOutputStreams and 100 RandomAccessFiles that
# are not closed; 5,000 CompletableFutures that nothing completes, with a stage behind each that keeps 2 KB.
leak codecs-open              jdk/OpenDeflaters  leak
leak codecs-open-control      jdk/OpenDeflaters  control
leak files-open               jdk/OpenFiles      leak
leak files-open-control       jdk/OpenFiles      control
leak futures-waiting          jdk/WaitingFutures leak
leak futures-waiting-control  jdk/WaitingFutures control
