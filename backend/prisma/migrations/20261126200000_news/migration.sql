-- Only additions: tasks of the release before keep working while they are replaced. Everything that happened until now
-- counts as read, as news_since of the accounts that exist is the time of this migration.

-- DropIndex: an account may accept more than one invitation
DROP INDEX "invitations_accepted_by_id_key";

-- AlterTable
ALTER TABLE "accounts" ADD COLUMN     "news_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "invitations" ADD COLUMN     "addressee" TEXT,
ADD COLUMN     "token_hash" TEXT;

-- AlterTable
ALTER TABLE "password_resets" ADD COLUMN     "token_hash" TEXT;

-- CreateTable
CREATE TABLE "report_reads" (
    "account_id" UUID NOT NULL,
    "report_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "report_reads_pkey" PRIMARY KEY ("account_id","report_id")
);

-- CreateIndex
CREATE INDEX "report_reads_report_id_idx" ON "report_reads"("report_id");

-- CreateIndex
CREATE UNIQUE INDEX "invitations_token_hash_key" ON "invitations"("token_hash");

-- CreateIndex
CREATE INDEX "invitations_accepted_by_id_idx" ON "invitations"("accepted_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "password_resets_token_hash_key" ON "password_resets"("token_hash");

-- AddForeignKey
ALTER TABLE "report_reads" ADD CONSTRAINT "report_reads_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report_reads" ADD CONSTRAINT "report_reads_report_id_fkey" FOREIGN KEY ("report_id") REFERENCES "reports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- CreateIndex: the words of the reports, which the schema cannot express
CREATE INDEX "reports_words_idx" ON "reports" USING GIN (to_tsvector('simple', "title" || ' ' || "description"));
