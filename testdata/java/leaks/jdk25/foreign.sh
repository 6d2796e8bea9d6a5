# The foreign memory API: 200 arenas with 4,096 bytes each that are open; 700 cleaners in the list of JDK 25.
leak jdk25-foreign foreign/ForeignMemory
