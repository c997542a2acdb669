CREATE TABLE "Product" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL
);
CREATE UNIQUE INDEX "Product_name_key" ON "Product"("name");
