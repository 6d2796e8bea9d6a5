# An ObjectOutputStream that wrote 60,000 objects without reset(), and one that resets.
LIBS=
leak objectstream         serialization/LongStream leak
leak objectstream-control serialization/LongStream control
# Jackson: 200 ObjectMappers, and one that is shared.
if lib jackson-core jackson-annotations jackson-databind; then
  leak jackson-mappers         jackson/Mappers leak
  leak jackson-mappers-control jackson/Mappers control
fi
# JAXB: 60 contexts of one class, and one.
if lib jaxb-api jaxb-runtime jaxb-core javax.activation istack-commons-runtime txw2; then
  leak jaxb-contexts         jaxb/Contexts leak
  leak jaxb-contexts-control jaxb/Contexts control
fi
